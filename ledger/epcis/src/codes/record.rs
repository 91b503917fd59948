//! Codes for record types: whether an event carries the key data elements of its profile.

use super::codes;

codes! {
    UNKNOWN_TYPE = "REC-UNKNOWN_TYPE", Error, "\"{0}\" is no record type", "“{0}”不是记录类型", "write the code of a record type, for example F7.SHIP, or leave recordType out", "请填写记录类型代码，例如 F7.SHIP，或省略 recordType";
    UNKNOWN_CLASS = "REC-UNKNOWN_CLASS", Error, "\"{0}\" is no product class", "“{0}”不是产品类别", "write one of: {1}", "请填写以下之一：{1}";
    WRONG_CLASS = "REC-WRONG_CLASS", Error, "{0} is no record type of product class {1}", "{0} 不是产品类别 {1} 的记录类型", "choose a record type of this class, or correct the class; {0} is for: {2}", "请选用该类别的记录类型，或更正类别；{0} 适用于：{2}";
    WRONG_SHAPE = "REC-WRONG_SHAPE", Warning, "{0} is not written as {1}", "{0} 不以 {1} 的形式记录", "write it as {2}, or correct the record type", "请以 {2} 的形式记录，或更正记录类型";
    FIELD_MISSING = "REC-FIELD_MISSING", Warning, "{0} lacks the key data element {1}", "{0} 缺少关键数据元素 {1}", "add it: the event counts as incomplete without it", "请补充；缺少它，该事件按不完整计";
    LATE = "REC-LATE", Warning, "{0} is to be recorded within {1} hours; this one counts {2} of 1000", "{0} 应在 {1} 小时内记录；此条计 {2}/1000", "record it when it happens; the offline queue keeps events while there is no network", "请在发生时记录；断网时由离线队列保存";
    FIELD_TYPE = "REC-FIELD_TYPE", Error, "the key data element {0} of {1} must be {2}", "{1} 的关键数据元素 {0} 应为 {2}", "correct its value; what is written does not count as given", "请更正该值；现有内容不视为已提供";
}
