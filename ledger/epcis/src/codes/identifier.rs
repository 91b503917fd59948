//! Codes for identifiers.

use super::codes;

codes! {
    LENGTH = "ID-LENGTH", Error, "{0} has {1} characters, here are {2}", "{0}应为 {1} 个字符，此处为 {2} 个", "write the identifier in full, without spaces or separators", "请完整填写，不含空格或分隔符";
    CHARSET = "ID-CHARSET", Error, "{0} cannot have the character \"{1}\" (place {2})", "{0}不能含有字符“{1}”（第 {2} 位）", "use half-width digits and capital letters; nothing is converted for you", "请使用半角数字和大写字母；系统不会自动转换";
    FORMAT = "ID-FORMAT", Error, "\"{0}\" does not have the form of {1}: {2} (9 a digit, A a letter, X either)", "“{0}”不符合{1}的格式：{2}（9 为数字，A 为字母，X 为数字或字母）", "compare it with the form given", "请对照给出的格式";
    CATEGORY = "ID-CATEGORY", Error, "{0} has no category {1}", "{0}没有类别 {1}", "compare the category with the published list", "请对照公布的类别表";
    DEPT = "ID-DEPT", Error, "registering department and category {0} do not exist", "登记管理部门与机构类别代码 {0} 不存在", "compare the first two characters with GB 32100-2015", "请对照 GB 32100-2015 核对前两位";
    DIVISION = "ID-DIVISION", Error, "{0} is not an administrative division code", "{0} 不是行政区划代码", "compare the six digits with GB/T 2260", "请对照 GB/T 2260 核对这六位数字";
    ORG_CHECK = "ID-ORG_CHECK", Warning, "the organisation code {0} has the check character {1}, not {2}", "组织机构代码 {0} 的校验码应为 {1}，而不是 {2}", "some old codes differ; compare it with the business licence", "少数旧代码与规则不一致；请与营业执照核对";
    CHAPTER = "ID-CHAPTER", Error, "the Harmonized System has no chapter {0}", "协调制度没有第 {0} 章", "chapters are 01 to 97, without 77", "章号为 01 至 97，其中 77 保留";
    NOT_LISTED = "ID-NOT_LISTED", Error, "{0} is not a {1}", "{0} 不是{1}", "choose a code of the published list", "请从公布的代码表中选择";
    UNKNOWN = "ID-UNKNOWN", Error, "\"{0}\" is no identifier of any known kind", "“{0}”不是任何已知类型的标识", "compare it with the source; spaces and full-width characters are not removed", "请与来源核对；系统不会去除空格或转换全角字符";
}
