//! Codes for queries.

use super::codes;

codes! {
    UNKNOWN_PARAMETER = "EPCIS-QUERY_UNKNOWN_PARAMETER", Error, "{0} is no parameter of the simple event query", "{0} 不是简单事件查询的参数", "correct its name; a parameter on your own field names it with its prefix, for example EQ_ext:field", "请更正名称；自定义字段的参数需带前缀，例如 EQ_ext:field";
    BAD_VALUE = "EPCIS-QUERY_BAD_VALUE", Error, "{0} is no value for {1}", "{0} 不是 {1} 的有效值", "write one like: {2}", "请写成如：{2}";
    EXCLUSIVE = "EPCIS-QUERY_EXCLUSIVE", Error, "{0} and {1} exclude each other", "{0} 与 {1} 不能同时使用", "keep one of them", "请只保留一个";
}
