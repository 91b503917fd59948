//! Codes of GS1 element strings and Digital Link URIs.

use super::codes;

codes! {
    EMPTY = "ID-GS1_EMPTY", Error, "no text to read", "没有可读取的文本", "give an element string or a GS1 Digital Link URI", "请提供单元数据串或 GS1 数字链接 URI";
    TOO_LONG = "ID-GS1_TOO_LONG", Error, "{0} bytes; at most {1} are read", "{0} 字节；最多读取 {1} 字节", "give one element string or URI at a time", "请一次提供一个单元数据串或 URI";
    PLAIN = "ID-GS1_PLAIN", Error, "{0}: plain data, not GS1 data", "{0}：普通数据，不是 GS1 数据", "give application identifiers in brackets, FNC1 first, a symbology identifier or a GS1 Digital Link URI", "请使用括号形式的应用标识符、以 FNC1 开头的数据、码制标识符或 GS1 数字链接 URI";
    SYMBOLOGY = "ID-SYMBOLOGY", Error, "the symbology identifier {0} doesn't announce GS1 data", "码制标识符 {0} 不表示 GS1 数据", "scan a GS1 symbol, or an EAN or UPC symbol", "请扫描 GS1 条码或 EAN、UPC 条码";
    SYMBOL_LENGTH = "ID-SYMBOL_LENGTH", Error, "{0} carries {1} digits, not {2} characters", "{0} 应为 {1} 位数字，而不是 {2} 个字符", "scan the symbol again", "请重新扫描";
    BRACKETS = "ID-AI_BRACKETS", Error, "{0}: the brackets around the application identifiers are wrong", "{0}：应用标识符的括号有误", "write (AI)value(AI)value, and an opening bracket within a value as \\(", "请写成 (AI)值(AI)值，值中的左括号写作 \\(";
    AI_UNKNOWN = "ID-AI_UNKNOWN", Error, "{0}: no such GS1 application identifier", "{0}：没有这个 GS1 应用标识符", "use an application identifier of the GS1 Barcode Syntax Dictionary", "请使用 GS1 条码语法字典中的应用标识符";
    AI_EMPTY = "ID-AI_EMPTY", Error, "({0}) has no value", "({0}) 没有值", "give a value or leave the application identifier out", "请提供值，或去掉该应用标识符";
    AI_TOO_SHORT = "ID-AI_TOO_SHORT", Error, "({0}){1}: too short", "({0}){1}：太短", "give the whole value; ({0}) has at least {2} characters", "请提供完整的值；({0}) 至少 {2} 个字符";
    AI_TOO_LONG = "ID-AI_TOO_LONG", Error, "({0}){1}: too long", "({0}){1}：太长", "({0}) has at most {2} characters; a value of variable length ends with FNC1", "({0}) 最多 {2} 个字符；变长的值以 FNC1 结束";
    AI_DUPLICATE = "ID-AI_DUPLICATE", Error, "({0}) is given twice", "({0}) 出现两次", "give each application identifier once", "每个应用标识符只提供一次";
    AI_REQUIRES = "ID-AI_REQUIRES", Error, "({0}) must come with {1}", "({0}) 必须与 {1} 一起出现", "add one of {1}", "请加上 {1} 之一";
    AI_EXCLUDES = "ID-AI_EXCLUDES", Error, "({0}) must not come with ({1})", "({0}) 不得与 ({1}) 一起出现", "leave one of them out", "请去掉其中一个";
    AIS_TOO_MANY = "ID-AIS_TOO_MANY", Error, "more than {0} application identifiers", "应用标识符超过 {0} 个", "split the data", "请拆分数据";
    DL_CHARACTER = "ID-DL_CHARACTER", Error, "{0}: a character that a URI can't hold", "{0}：URI 不允许的字符", "percent-encode it", "请对其进行百分号编码";
    DL_PERCENT = "ID-DL_PERCENT", Error, "{0}: % must be followed by two hexadecimal digits, and stand for neither NUL nor broken UTF-8", "{0}：% 后面必须是两位十六进制数字，且不得表示 NUL 或无效的 UTF-8", "write % itself as %25", "% 本身请写作 %25";
    DL_SCHEME = "ID-DL_SCHEME", Error, "{0}: a GS1 Digital Link URI begins with http:// or https://", "{0}：GS1 数字链接 URI 以 http:// 或 https:// 开头", "write the scheme in all lower or all upper case, https for choice", "协议名全部小写或全部大写，建议使用 https";
    DL_HOST = "ID-DL_HOST", Error, "{0}: no host of a GS1 Digital Link URI", "{0}：不是 GS1 数字链接 URI 的主机", "give a domain name or address, without user name", "请提供域名或地址，不带用户名";
    DL_NO_KEY = "ID-DL_NO_KEY", Error, "{0}: no primary key, such as /01/ and a GTIN, in the path", "{0}：路径中没有主键（例如 /01/ 加 GTIN）", "give a path of primary key and value, then qualifiers and values", "路径应为主键与值，然后是限定符与值";
    DL_PATH_ORDER = "ID-DL_PATH_ORDER", Error, "{0}: not the qualifiers of ({1}) in their order", "{0}：不是 ({1}) 的限定符或顺序有误", "keep the standard's order: {2}", "请保持标准规定的顺序：{2}";
    DL_ATTRIBUTE = "ID-DL_ATTRIBUTE", Error, "({0}) can't be a data attribute", "({0}) 不能作为数据属性", "leave it out, or give a key that it belongs to", "请去掉，或提供其所属的主键";
    DL_BELONGS_IN_PATH = "ID-DL_BELONGS_IN_PATH", Error, "({0}) belongs in the path", "({0}) 应位于路径中", "move it from the query to the path", "请将其从查询部分移到路径中";
    DL_STEM = "ID-DL_STEM", Error, "{0}: not a stem for a GS1 Digital Link URI", "{0}：不是 GS1 数字链接 URI 的前缀", "give scheme, host and optionally a path, such as https://example.com", "请提供协议、主机和可选路径，例如 https://example.com";
}
