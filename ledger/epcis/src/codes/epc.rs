//! Codes for EPC URNs and their conversion to and from GS1 Digital Link.

use super::codes;

codes! {
    NOT_EPC = "EPC-NOT_EPC", Error, "\"{0}\" is not an EPC URN", "“{0}”不是 EPC URN", "write urn:epc:id:…, urn:epc:class:… or urn:epc:idpat:…", "请使用 urn:epc:id:…、urn:epc:class:… 或 urn:epc:idpat:… 形式";
    TAG_URI = "EPC-TAG_URI", Error, "urn:epc:{0}: names the memory of an RFID tag, not an object", "urn:epc:{0}: 表示 RFID 标签的存储内容，而不是物品", "use the pure identity form, urn:epc:id:…", "请使用纯标识形式 urn:epc:id:…";
    KIND = "EPC-KIND", Error, "urn:epc:{0}: is not a kind of EPC URN", "urn:epc:{0}: 不是 EPC URN 的类别", "write urn:epc:id:…, urn:epc:class:… or urn:epc:idpat:…", "请使用 urn:epc:id:…、urn:epc:class:… 或 urn:epc:idpat:… 形式";
    SCHEME = "EPC-SCHEME", Error, "\"{0}\" is not an EPC scheme", "“{0}”不是 EPC 编码方案", "use a scheme of the GS1 Tag Data Standard, in lower case, for example sgtin", "请使用 GS1 标签数据标准中的方案（小写），例如 sgtin";
    SCHEME_KIND = "EPC-SCHEME_KIND", Error, "the scheme {0} cannot be used in urn:epc:{1}:", "方案 {0} 不能用于 urn:epc:{1}:", "lgtin is the only scheme of urn:epc:class:, and is used nowhere else", "urn:epc:class: 只用于 lgtin，lgtin 也只用于此处";
    COMPONENTS = "EPC-COMPONENTS", Error, "{0} has {1} parts separated by dots, here are {2}", "{0} 由 {1} 个以点分隔的部分组成，此处为 {2} 个", "write every part, also an empty one", "请写全各个部分，空的部分也要保留分隔点";
    PREFIX = "EPC-PREFIX", Error, "the company prefix \"{0}\" is not 6 to 12 digits", "厂商识别代码“{0}”不是 6 至 12 位数字", "write the GS1 company prefix as it was assigned", "请填写 GS1 分配的厂商识别代码";
    REFERENCE_LENGTH = "EPC-REFERENCE_LENGTH", Error, "company prefix and reference of {0} have {1} digits together, here are {2}", "{0} 的厂商识别代码与参考代码合计应为 {1} 位，此处为 {2} 位", "keep leading zeros; leave out the check digit", "请保留前导零，并去掉校验码";
    DIGITS = "EPC-DIGITS", Error, "\"{0}\" must consist of digits 0-9 only", "“{0}”只能由数字 0-9 组成", "remove every other character", "请去掉其他字符";
    PART_LENGTH = "EPC-PART_LENGTH", Error, "\"{0}\" must have 1 to {1} characters", "“{0}”的长度必须为 1 至 {1} 个字符", "shorten or complete the value", "请缩短或补全该值";
    CHARACTER = "EPC-CHARACTER", Error, "\"{0}\" has a character that is not allowed or must be escaped", "“{0}”含有不允许或必须转义的字符", "use only the characters GS1 allows here; write \" % & / < > ? as %22 %25 %26 %2F %3C %3E %3F", "只能使用 GS1 在此处允许的字符；\" % & / < > ? 须写作 %22 %25 %26 %2F %3C %3E %3F";
    LEADING_ZERO = "EPC-LEADING_ZERO", Error, "the number \"{0}\" begins with a zero", "数字“{0}”以零开头", "write it without leading zeros", "请去掉前导零";
    RANGE = "EPC-RANGE", Error, "the number {0} is larger than {1}", "数字 {0} 大于 {1}", "use a number this scheme can hold", "请使用该方案可容纳的数字";
    STAR = "EPC-STAR", Error, "after a * only * may follow in a pattern: \"{0}\"", "模式中 * 之后只能是 *：“{0}”", "replace the later parts with * as well", "请将其后的部分也写成 *";
    PIECES = "EPC-PIECES", Error, "piece {0} of {1} is impossible", "第 {0} 件（共 {1} 件）不成立", "number the pieces from 01 to the total", "件号应从 01 编到总件数";
    CAGE = "EPC-CAGE", Error, "\"{0}\" is neither a CAGE code (5 characters) nor a DoDAAC (6 characters)", "“{0}”既不是 CAGE 代码（5 位）也不是 DoDAAC（6 位）", "use digits and capital letters other than I and O", "请使用数字和除 I、O 以外的大写字母";
    BIC = "EPC-BIC", Error, "\"{0}\" is not a container code: 4 capital letters, the fourth J, U or Z, and 7 digits", "“{0}”不是集装箱代码：4 个大写字母（第四个为 J、U 或 Z）加 7 位数字", "write the ISO 6346 code without spaces", "请填写不含空格的 ISO 6346 代码";
    CHECK_DIGIT = "EPC-CHECK_DIGIT", Error, "the check digit of {0} is {1}, not {2}", "{0} 的校验码应为 {1}，而不是 {2}", "read the number again from its source; do not change the check digit to fit", "请从来源重新核对该号码，不要为通过校验而改动校验码";
    TOO_LONG = "EPC-TOO_LONG", Error, "longer than {0} bytes", "超过 {0} 字节", "no EPC is that long; check what was put here", "EPC 不会这样长，请检查填入的内容";
    NO_LINK = "EPC-NO_LINK", Error, "{0} has no GS1 Digital Link form", "{0} 没有 GS1 数字链接形式", "keep the URN", "请保留 URN 形式";
    NOT_LINK = "EPC-NOT_LINK", Error, "\"{0}\" is not a GS1 Digital Link of a key that EPCIS uses", "“{0}”不是 EPCIS 所用标识的 GS1 数字链接", "write the key and its qualifiers in the path, for example /01/09521234543213/21/1", "请将主键及其限定符写入路径，例如 /01/09521234543213/21/1";
    NO_URN = "EPC-NO_URN", Error, "{0} has no EPC URN form", "{0} 没有 EPC URN 形式", "keep the Digital Link", "请保留数字链接形式";
    PREFIX_UNKNOWN = "EPC-PREFIX_UNKNOWN", Error, "cannot tell the company prefix length of {0}", "无法确定 {0} 的厂商识别代码长度", "give the length of the company prefix, or keep the Digital Link", "请提供厂商识别代码的长度，或保留数字链接形式";
    PREFIX_LENGTH = "EPC-PREFIX_LENGTH", Error, "{0} cannot have a company prefix of {1} digits", "{0} 的厂商识别代码不可能为 {1} 位", "give a length from 6 to 12 that leaves the key a reference", "请提供 6 至 12 之间的长度，并给参考代码留出位数";
}
