//! Codes for the structure of documents: what GS1's JSON schema and XSD demand.

use super::codes;

codes! {
    JSON_SYNTAX = "EPCIS-JSON_SYNTAX", Error, "not valid JSON: {0}", "不是有效的 JSON：{0}", "correct the text at this place", "请更正此处的文本";
    TOO_DEEP = "EPCIS-TOO_DEEP", Error, "nested deeper than {0} levels", "嵌套超过 {0} 层", "flatten the value; no EPCIS document needs this depth", "请减少嵌套；EPCIS 文档不需要如此深度";
    EVENT_TOO_LARGE = "EPCIS-EVENT_TOO_LARGE", Error, "the event is larger than {0} bytes", "事件超过 {0} 字节", "split it into several events", "请拆分为多个事件";
}
