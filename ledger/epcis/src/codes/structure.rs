//! Codes for the structure of documents: what GS1's JSON schema and XSD demand.

use super::codes;

codes! {
    JSON_SYNTAX = "EPCIS-JSON_SYNTAX", Error, "not valid JSON: {0}", "不是有效的 JSON：{0}", "correct the text at this place", "请更正此处的文本";
    JSON_CUT = "EPCIS-JSON_CUT", Error, "the JSON text breaks off at line {0}, column {1}", "JSON 文本在第 {0} 行第 {1} 列处中断", "get or write the whole document again; events that were complete before this place have been read", "请重新获取或写完整个文档；此处之前的完整事件已读取";
    TOO_DEEP = "EPCIS-TOO_DEEP", Error, "nested deeper than {0} levels", "嵌套超过 {0} 层", "flatten the value; no EPCIS document needs this depth", "请减少嵌套；EPCIS 文档不需要如此深度";
    EVENT_TOO_LARGE = "EPCIS-EVENT_TOO_LARGE", Error, "an event is larger than {0} bytes", "事件超过 {0} 字节", "split it into several events", "请拆分为多个事件";
    HEADER_TOO_LARGE = "EPCIS-HEADER_TOO_LARGE", Error, "the document without its events is larger than {0} bytes", "文档除事件外的部分超过 {0} 字节", "send master data in documents of their own", "请将主数据放在单独的文档中";
    EMPTY_DOCUMENT = "EPCIS-EMPTY_DOCUMENT", Error, "the input is empty", "输入为空", "give an EPCIS document, an event, or one event a line", "请提供 EPCIS 文档、事件，或每行一个事件";
    NOT_EPCIS = "EPCIS-NOT_EPCIS", Error, "this is no EPCIS document: {0}", "这不是 EPCIS 文档：{0}", "give an EPCISDocument, an EPCISQueryDocument, an event, a list of events, or one event a line", "请提供 EPCISDocument、EPCISQueryDocument、事件、事件列表，或每行一个事件";
    UNKNOWN_SYNTAX = "EPCIS-UNKNOWN_SYNTAX", Error, "the input is neither JSON nor XML: it begins with {0}", "输入既不是 JSON 也不是 XML：以 {0} 开头", "check that the file is the one you meant, and not compressed", "请检查文件是否正确、是否被压缩";
    NOT_UTF8 = "EPCIS-NOT_UTF8", Error, "the input is not in UTF-8 but in another encoding, probably UTF-16", "输入的编码不是 UTF-8，可能是 UTF-16", "save it as UTF-8; some programs offer that on saving, some shells when redirecting", "请另存为 UTF-8：许多程序在保存时可选择编码，命令行重定向也可能改变编码";
    UNKNOWN_CONTEXT = "EPCIS-UNKNOWN_CONTEXT", Error, "the JSON-LD context {0} is not built in, and contexts are never fetched from the network", "JSON-LD 上下文 {0} 未内置，且不会从网络获取上下文", "declare the prefixes you use inline in @context, for example {\"ext\": \"https://example.com/ns/\"}", "请在 @context 中内联声明所用前缀，例如 {\"ext\": \"https://example.com/ns/\"}";
    NO_STANDARD_CONTEXT = "EPCIS-NO_STANDARD_CONTEXT", Warning, "@context names none of GS1's EPCIS contexts", "@context 未包含 GS1 的 EPCIS 上下文", "add {0}", "请添加 {0}";
    TOO_MANY_PREFIXES = "EPCIS-TOO_MANY_PREFIXES", Error, "more than {0} prefixes are declared", "声明的前缀超过 {0} 个", "declare only the prefixes that the document uses", "请只声明文档用到的前缀";
    CONTEXT_KEYWORD = "EPCIS-CONTEXT_KEYWORD", Warning, "{0} in @context has no effect here", "@context 中的 {0} 在此不起作用", "declare prefixes, and write extension fields with their prefix", "请声明前缀，并用前缀书写扩展字段";
    MISSING_FIELD = "EPCIS-MISSING_FIELD", Error, "{0} is missing", "缺少 {0}", "add it: {1} requires it", "请补充：{1} 必须有该字段";
    UNKNOWN_FIELD = "EPCIS-UNKNOWN_FIELD", Error, "{0} is no field of {1}", "{1} 没有字段 {0}", "correct its name, or write your own fields with a prefix that @context (JSON) or xmlns (XML) declares", "请更正名称；自定义字段需使用在 @context（JSON）或 xmlns（XML）中声明的前缀";
    UNDECLARED_PREFIX = "EPCIS-UNDECLARED_PREFIX", Error, "the prefix of {0} is not declared", "{0} 的前缀未声明", "declare it in @context, for example {\"{1}\": \"https://example.com/{1}/\"}", "请在 @context 中声明，例如 {\"{1}\": \"https://example.com/{1}/\"}";
    DUPLICATE_FIELD = "EPCIS-DUPLICATE_FIELD", Error, "{0} stands twice", "{0} 重复出现", "keep one of them", "请只保留一个";
    WRONG_TYPE = "EPCIS-WRONG_TYPE", Error, "{0} must be {1}, not {2}", "{0} 应为 {1}，而不是 {2}", "write the value as {1}", "请将该值写成 {1}";
    TOO_FEW = "EPCIS-TOO_FEW", Error, "{0} must hold at least one element", "{0} 至少需要一个元素", "add an element, or leave the field out", "请添加元素，或省略该字段";
    REPEATED_ELEMENT = "EPCIS-REPEATED_ELEMENT", Error, "{0} stands more than once in the list", "{0} 在列表中重复出现", "list each one once", "请每项只列一次";
    UNKNOWN_EVENT_TYPE = "EPCIS-UNKNOWN_EVENT_TYPE", Error, "{0} is no event type", "{0} 不是事件类型", "use ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent or AssociationEvent, or a URI of your own", "请使用 ObjectEvent、AggregationEvent、TransactionEvent、TransformationEvent、AssociationEvent，或自定义 URI";
    BAD_ACTION = "EPCIS-BAD_ACTION", Error, "{0} is no action", "{0} 不是有效的 action", "use ADD, OBSERVE or DELETE", "请使用 ADD、OBSERVE 或 DELETE";
    BAD_TIME = "EPCIS-BAD_TIME", Error, "{0} is no date and time with an offset", "{0} 不是带时区偏移的日期时间", "write it like 2026-11-21T08:30:00.000+08:00", "请写成如 2026-11-21T08:30:00.000+08:00";
    BAD_OFFSET = "EPCIS-BAD_OFFSET", Error, "{0} is no time zone offset", "{0} 不是时区偏移", "write it like +08:00, between -14:00 and +14:00", "请写成如 +08:00，范围 -14:00 至 +14:00";
    BAD_NUMBER = "EPCIS-BAD_NUMBER", Error, "{0} is no number", "{0} 不是数字", "write a decimal number", "请写十进制数";
    BAD_BOOLEAN = "EPCIS-BAD_BOOLEAN", Error, "{0} is neither true nor false", "{0} 既不是 true 也不是 false", "write true or false", "请写 true 或 false";
    BAD_HEX = "EPCIS-BAD_HEX", Error, "{0} is not hexadecimal", "{0} 不是十六进制", "write pairs of the digits 0-9 and A-F", "请写成对的 0-9、A-F 数字";
    BAD_URI = "EPCIS-BAD_URI", Error, "{0} is no URI", "{0} 不是 URI", "write a full URI with its scheme, for example https://… or urn:…", "请写带协议的完整 URI，例如 https://… 或 urn:…";
    BAD_VERSION = "EPCIS-BAD_VERSION", Error, "schemaVersion {0} is not supported", "不支持 schemaVersion {0}", "use 2.0; XML may also be 1.0, 1.1 or 1.2", "请使用 2.0；XML 也可用 1.0、1.1、1.2";
    OTHER_VERSION = "EPCIS-OTHER_VERSION", Warning, "schemaVersion {0} is read as 2.0", "schemaVersion {0} 按 2.0 读取", "write 2.0 if the document is of EPCIS 2.0", "若文档为 EPCIS 2.0，请写 2.0";
    ILMD_WITHOUT_ADD = "EPCIS-ILMD_WITHOUT_ADD", Error, "ilmd stands in an ObjectEvent whose action is {0}", "action 为 {0} 的 ObjectEvent 中含有 ilmd", "give ilmd only with action ADD", "仅在 action 为 ADD 时提供 ilmd";
    NO_OBJECTS = "EPCIS-NO_OBJECTS", Error, "the {0} says nothing about which objects it is about", "{0} 未说明涉及的对象", "add {1}", "请补充 {1}";
    NO_JSON_FORM = "EPCIS-NO_JSON_FORM", Error, "{0} has no form in JSON", "{0} 没有 JSON 形式", "keep it in XML, or move its master data into the header of an EPCISDocument", "请保留 XML，或将主数据放入 EPCISDocument 的头部";
    NO_JSON_NUMBER = "EPCIS-NO_JSON_NUMBER", Error, "JSON has no number {0}", "JSON 没有数字 {0}", "keep it in XML, or correct the value", "请保留 XML，或更正该值";
    NO_PREFIX = "EPCIS-NO_PREFIX", Error, "{0} stands behind the body, and its namespace {1} is not declared on the document", "{0} 位于正文之后，其命名空间 {1} 未在文档上声明", "declare the namespace on the document's root element", "请在文档根元素上声明该命名空间";
    NULL_QUANTITY = "EPCIS-NULL_QUANTITY", Warning, "the quantity is null", "quantity 为 null", "leave the field out where the quantity is unspecified; GS1's schema refuses null", "数量未知时请省略该字段；GS1 模式不接受 null";
    JSON_WORD = "EPCIS-JSON_WORD", Warning, "JSON writes {0} as the bare word {1}", "JSON 中应将 {0} 写为 {1}", "write {1}; GS1's schema refuses the long form", "请写 {1}；GS1 模式不接受长形式";
}
