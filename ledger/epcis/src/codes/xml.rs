//! Codes for EPCIS documents in XML: well-formedness, limits, what the XSD demands, and what XML
//! cannot carry.

use super::codes;

codes! {
    XML_SYNTAX = "EPCIS-XML_SYNTAX", Error, "not well-formed XML: {0}", "不是格式良好的 XML：{0}", "correct the text at this line", "请更正该行的文本";
    XML_DOCTYPE = "EPCIS-XML_DOCTYPE", Error, "a document type declaration that could declare entities is refused", "不接受可声明实体的文档类型声明（DOCTYPE）", "remove the DOCTYPE; EPCIS needs none", "请删除 DOCTYPE；EPCIS 不需要它";
    XML_ENTITY = "EPCIS-XML_ENTITY", Error, "unknown entity or character reference `&{0};`", "未知的实体或字符引用“&{0};”", "use only &amp; &lt; &gt; &quot; &apos; and references to characters that XML allows", "只能使用 &amp; &lt; &gt; &quot; &apos; 以及 XML 允许的字符的引用";
    XML_ENCODING = "EPCIS-XML_ENCODING", Error, "encoding {0} is refused", "不接受编码 {0}", "write the document in UTF-8", "请用 UTF-8 编码文档";
    XML_PREFIX = "EPCIS-XML_PREFIX", Error, "namespace prefix {0} is not declared", "命名空间前缀 {0} 未声明", "declare it: xmlns:{0}=\"…\"", "请声明它：xmlns:{0}=\"…\"";
    XML_ROOT = "EPCIS-XML_ROOT", Error, "root element {0} is no EPCIS document, query document, master data document or event", "根元素 {0} 不是 EPCIS 文档、查询文档、主数据文档或事件", "begin with EPCISDocument in namespace urn:epcglobal:epcis:xsd:2", "请以命名空间 urn:epcglobal:epcis:xsd:2 的 EPCISDocument 开头";
    XML_TOO_MANY = "EPCIS-XML_TOO_MANY", Error, "more than {0} {1}", "{1} 超过 {0} 个", "make the document smaller", "请缩小文档";
    XML_ORDER = "EPCIS-XML_ORDER", Error, "element {0} is out of order", "元素 {0} 的顺序不对", "put the elements in the order of the XSD", "请按 XSD 规定的顺序排列元素";
    XML_PLACE = "EPCIS-XML_PLACE", Error, "element {0} does not belong at this place in EPCIS {1}", "在 EPCIS {1} 中元素 {0} 不应在此位置", "move it as the XSD says: in 1.x some elements stand within `extension` or `baseExtension`, in 2.0 none does", "请按 XSD 移动：1.x 中某些元素在 extension 或 baseExtension 内，2.0 中都不在";
    XML_QUALIFIED = "EPCIS-XML_QUALIFIED", Error, "element {0} must not be in a namespace", "元素 {0} 不应属于任何命名空间", "write EPCIS elements below the root without a prefix", "根元素以下的 EPCIS 元素不要加前缀";
    XML_UNQUALIFIED = "EPCIS-XML_UNQUALIFIED", Error, "element {0} must be in namespace {1}", "元素 {0} 必须属于命名空间 {1}", "write it with a prefix bound to that namespace", "请使用绑定到该命名空间的前缀";
    XML_LATER_VERSION = "EPCIS-XML_LATER_VERSION", Warning, "{0} is of EPCIS 2.0, but the document's namespace is of 1.x", "{0} 属于 EPCIS 2.0，但文档的命名空间是 1.x", "use namespace urn:epcglobal:epcis:xsd:2", "请使用命名空间 urn:epcglobal:epcis:xsd:2";
    XML_HEADER_ELEMENT = "EPCIS-XML_HEADER_ELEMENT", Warning, "the XSD of EPCIS 2.0 has no place for {0} in EPCISHeader", "EPCIS 2.0 的 XSD 不允许 EPCISHeader 中出现 {0}", "agree on it with the receiver: a strict schema processor refuses it", "请与接收方约定：严格的模式校验器会拒绝它";
    XML_QUANTITY_EVENT = "EPCIS-XML_QUANTITY_EVENT", Error, "QuantityEvent was removed in EPCIS 2.0", "EPCIS 2.0 已删除 QuantityEvent", "use an ObjectEvent with a quantityList", "请使用带 quantityList 的 ObjectEvent";
    XML_TEXT = "EPCIS-XML_TEXT", Error, "text in {0}, which may hold elements only", "{0} 只能包含元素，却有文本", "remove the text", "请删除文本";
    XML_CHARACTER = "EPCIS-XML_CHARACTER", Error, "XML cannot carry the character {0}", "XML 无法表示字符 {0}", "remove the character, or write JSON", "请删除该字符，或改用 JSON";
    XML_NAME = "EPCIS-XML_NAME", Error, "`{0}` is no XML name", "“{0}”不是 XML 名称", "rename it, or write JSON", "请改名，或改用 JSON";
    XML_NO_NAMESPACE = "EPCIS-XML_NO_NAMESPACE", Error, "`{0}` has no namespace, so it is no valid extension", "“{0}”没有命名空间，不是有效的扩展", "give it a prefix bound to a namespace", "请为其使用绑定到命名空间的前缀";
    XML_LIST = "EPCIS-XML_LIST", Error, "XML cannot carry an empty list, or a list within a list", "XML 无法表示空列表或嵌套列表", "leave the list out or flatten it, or write JSON", "请省略或展平该列表，或改用 JSON";
    XML_SCALARS_ONLY = "EPCIS-XML_SCALARS_ONLY", Error, "XML can carry only one scalar value as {0} here", "此处 XML 只能以单个标量表示 {0}", "use one text, number or boolean, or write JSON", "请使用单个文本、数字或布尔值，或改用 JSON";
    XML_EMPTY_OBJECT = "EPCIS-XML_EMPTY_OBJECT", Error, "XML cannot tell an empty object from an empty text", "XML 无法区分空对象与空文本", "leave it out, or write JSON", "请省略它，或改用 JSON";
    XML_ONE_CERTIFICATION = "EPCIS-XML_ONE_CERTIFICATION", Error, "XML can carry only one certificationInfo", "XML 只能包含一个 certificationInfo", "keep one, or write JSON", "请只保留一个，或改用 JSON";
    XML_CANNOT_WRITE = "EPCIS-XML_CANNOT_WRITE", Error, "cannot be written as XML: {0}", "无法写成 XML：{0}", "supply what is missing, or write JSON", "请补充缺少的内容，或改用 JSON";
}
