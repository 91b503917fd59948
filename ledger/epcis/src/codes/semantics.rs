//! Codes for the meaning of documents: what EPCIS 2.0 and the CBV demand beyond the schemas.
//!
//! An error is what the standards forbid or what contradicts itself. What GS1's own published
//! examples do can only be a warning, even where a sentence of the standard is against it.

use super::codes;

codes! {
    UNKNOWN_WORD = "EPCIS-UNKNOWN_WORD", Error, "{0} is neither a standard {1} nor a URI", "{0} 既不是标准的 {1}，也不是 URI", "use a word of the Core Business Vocabulary, such as {2}, or a full URI of your own", "请使用核心业务词汇中的词，例如 {2}，或自有的完整 URI";
    RESERVED_WORD = "EPCIS-RESERVED_WORD", Warning, "{0} is in a namespace of GS1, which defines no such {1}", "{0} 位于 GS1 的命名空间，但 GS1 未定义该 {1}", "correct the word, for example {2}, or use a URI of your own", "请更正该词，例如 {2}，或使用自有 URI";
    NO_PARENT = "EPCIS-NO_PARENT", Error, "the {0} with action {1} has no parentID", "action 为 {1} 的 {0} 缺少 parentID", "say which object contains the children", "请说明包含子项的对象";
    OWN_PARENT = "EPCIS-OWN_PARENT", Error, "{0} is its own parent", "{0} 是其自身的父项", "remove it from the children, or correct parentID", "请将其从子项中移除，或更正 parentID";
    DUPLICATE_OBJECT = "EPCIS-DUPLICATE_OBJECT", Warning, "{0} is the same object as {1} in this list", "{0} 与此列表中的 {1} 是同一对象", "list each object once", "请每个对象只列一次";
    DUPLICATE_CLASS = "EPCIS-DUPLICATE_CLASS", Warning, "{0} stands more than once in the list with the same unit", "{0} 以相同单位在列表中重复出现", "add the quantities up in one element", "请合并为一个数量元素";
    INPUT_IS_OUTPUT = "EPCIS-INPUT_IS_OUTPUT", Warning, "{0} is both input and output of the transformation", "{0} 既是转换的输入又是输出", "a transformation consumes its inputs; record an object that only passes through with an ObjectEvent", "转换会消耗其输入；仅经过的对象请用 ObjectEvent 记录";
    CLASS_AS_INSTANCE = "EPCIS-CLASS_AS_INSTANCE", Warning, "{0} names a class of objects, but {1} holds single objects", "{0} 表示一类对象，而 {1} 应为单个对象", "add the serial number, or put it in a quantity list", "请补充序列号，或将其放入数量列表";
    PARENT_IS_CLASS = "EPCIS-PARENT_IS_CLASS", Error, "{0} names a class of objects, and a parent must be one object", "{0} 表示一类对象，而父项必须是单个对象", "use an identifier with a serial number, for example an SSCC", "请使用带序列号的标识，例如 SSCC";
    PATTERN_AS_INSTANCE = "EPCIS-PATTERN_AS_INSTANCE", Error, "{0} is a pattern for queries and names no object", "{0} 是查询用的模式，不表示任何对象", "name each object", "请逐一写明对象";
    BROAD_CLASS = "EPCIS-BROAD_CLASS", Warning, "{0} is wider than one class of objects", "{0} 的范围超过一类对象", "leave only the serial number open: urn:epc:idpat:sgtin:0614141.112345.*", "只应省略序列号：urn:epc:idpat:sgtin:0614141.112345.*";
    INSTANCE_AS_CLASS = "EPCIS-INSTANCE_AS_CLASS", Error, "{0} names one object, but epcClass is for classes", "{0} 表示单个对象，而 epcClass 用于对象类别", "put it in the list of EPCs, or use the class: the GTIN, with or without a batch", "请放入 EPC 列表，或使用类别标识：GTIN（可带批号）";
    WRONG_SCHEME = "EPCIS-WRONG_SCHEME", Warning, "{0} is a {1}, which is unusual as {2}", "{0} 属于 {1}，不宜作为 {2}", "check that the right identifier was put here; {2} is usually a {3}", "请检查标识是否正确；{2} 通常为 {3}";
    LINK_SHAPE = "EPCIS-LINK_SHAPE", Warning, "{0} looks like a GS1 Digital Link but is none", "{0} 形似 GS1 数字链接，但不符合其语法", "check the length of the key, and the order of its qualifiers: 22, 10, 21", "请检查主键长度及限定符顺序：22、10、21";
    BAD_LINK = "EPCIS-BAD_LINK", Error, "{0} is on GS1's host but is no GS1 Digital Link", "{0} 使用 GS1 的域名，但不是 GS1 数字链接", "write the key and its qualifiers in the path, for example https://id.gs1.org/01/09521234543213/21/1", "请将主键及限定符写入路径，例如 https://id.gs1.org/01/09521234543213/21/1";
    LINK_CHECK_DIGIT = "EPCIS-LINK_CHECK_DIGIT", Warning, "the check digit of {0} in {1} is wrong", "{1} 中 {0} 的校验码错误", "read the number again from its source; do not change the check digit to fit", "请从来源重新核对该号码，不要为通过校验而改动校验码";
    NOT_POSITIVE = "EPCIS-NOT_POSITIVE", Error, "the quantity {0} is not greater than zero", "数量 {0} 不大于零", "leave quantity out if it is unknown; write what was taken away as an event, not as a negative number", "数量未知时请省略；减少应以事件表示，而不是负数";
    NOT_WHOLE = "EPCIS-NOT_WHOLE", Error, "the quantity {0} has no unit, so it counts pieces, and is not whole", "数量 {0} 没有单位，即按件计数，但不是整数", "add uom, for example KGM, or write a whole number", "请补充 uom，例如 KGM，或写整数";
    UNIT_WITHOUT_QUANTITY = "EPCIS-UNIT_WITHOUT_QUANTITY", Error, "uom {0} stands without quantity", "有 uom {0} 但没有 quantity", "add quantity, or leave uom out", "请补充 quantity，或省略 uom";
    BAD_UNIT = "EPCIS-BAD_UNIT", Error, "{0} is not the form of a unit", "{0} 不符合单位代码的格式", "write the common code of UN/ECE Recommendation 20, two or three capital letters or digits: KGM, LTR, CEL", "请使用 UN/ECE 第 20 号建议书的通用代码（2 至 3 个大写字母或数字）：KGM、LTR、CEL";
    UNKNOWN_UNIT = "EPCIS-UNKNOWN_UNIT", Warning, "{0} is no common code of UN/ECE Recommendation 20", "{0} 不是 UN/ECE 第 20 号建议书的通用代码", "look the unit up: kilogram is KGM, degree Celsius CEL, per cent P1", "请查找正确代码：千克 KGM、摄氏度 CEL、百分比 P1";
    RECORD_BEFORE_EVENT = "EPCIS-RECORD_BEFORE_EVENT", Warning, "recordTime {0} is before eventTime {1}", "recordTime {0} 早于 eventTime {1}", "check the clocks; nothing can be recorded before it happens", "请检查时钟；事件不可能在发生前被记录";
    DECLARED_BEFORE_EVENT = "EPCIS-DECLARED_BEFORE_EVENT", Warning, "the error was declared at {0}, before the event at {1}", "错误声明时间 {0} 早于事件时间 {1}", "check declarationTime and eventTime", "请检查 declarationTime 和 eventTime";
    SENSOR_AFTER_EVENT = "EPCIS-SENSOR_AFTER_EVENT", Warning, "the sensor's time {0} is after eventTime {1}", "传感器时间 {0} 晚于 eventTime {1}", "set eventTime to the last reading or later", "eventTime 应不早于最后一次读数";
    SENSOR_PERIOD = "EPCIS-SENSOR_PERIOD", Error, "startTime {0} is after endTime {1}", "startTime {0} 晚于 endTime {1}", "exchange or correct them", "请交换或更正";
    SENSOR_TIME_AND_PERIOD = "EPCIS-SENSOR_TIME_AND_PERIOD", Warning, "time stands beside startTime or endTime", "time 与 startTime 或 endTime 同时出现", "give either one time or a period", "请只提供时间点或时间段之一";
    SENSOR_TWICE = "EPCIS-SENSOR_TWICE", Warning, "{0} stands both in sensorMetadata and in sensorReport", "{0} 同时出现在 sensorMetadata 和 sensorReport 中", "give it in sensorMetadata if it holds for all reports, else in each report", "适用于所有报告时放在 sensorMetadata，否则放在各报告中";
    SENSOR_EMPTY = "EPCIS-SENSOR_EMPTY", Warning, "the sensor report holds neither a value nor an exception", "传感器报告既无数值也无异常", "add value, stringValue, booleanValue, hexBinaryValue, uriValue, a statistic, or exception", "请补充 value、stringValue、booleanValue、hexBinaryValue、uriValue、统计值或 exception";
    SENSOR_NO_UNIT = "EPCIS-SENSOR_NO_UNIT", Warning, "the sensor report of {0} gives a number without uom", "{0} 的传感器报告有数值但没有 uom", "add uom, for example CEL", "请补充 uom，例如 CEL";
    SENSOR_UNIT_ALONE = "EPCIS-SENSOR_UNIT_ALONE", Warning, "the sensor report gives uom {0} but no number", "传感器报告有 uom {0} 但没有数值", "add the number, or leave uom out", "请补充数值，或省略 uom";
    SENSOR_COMPONENT_ALONE = "EPCIS-SENSOR_COMPONENT_ALONE", Warning, "the sensor report names the component {0} but gives no value of it", "传感器报告指明分量 {0}，但没有其值", "add the value, or leave component out", "请补充数值，或省略 component";
    SENSOR_RANGE = "EPCIS-SENSOR_RANGE", Error, "minValue {0} is greater than maxValue {1}", "minValue {0} 大于 maxValue {1}", "exchange or correct them", "请交换或更正";
    SENSOR_MEAN = "EPCIS-SENSOR_MEAN", Warning, "meanValue {0} is not between minValue and maxValue", "meanValue {0} 不在 minValue 与 maxValue 之间", "check the three numbers", "请检查这三个数值";
    SENSOR_DEVIATION = "EPCIS-SENSOR_DEVIATION", Error, "the standard deviation {0} is negative", "标准差 {0} 为负", "write the deviation as zero or more", "标准差应大于或等于零";
    SENSOR_RANK = "EPCIS-SENSOR_RANK", Error, "percRank {0} is not between 0 and 100", "percRank {0} 不在 0 到 100 之间", "give the percentile rank as a percentage", "请以百分数给出百分位";
    SENSOR_RANK_PAIR = "EPCIS-SENSOR_RANK_PAIR", Warning, "{0} stands without {1}", "有 {0} 但没有 {1}", "give percRank and percValue together", "请同时提供 percRank 和 percValue";
    EVENT_ID_UUID = "EPCIS-EVENT_ID_UUID", Error, "{0} is no UUID", "{0} 不是 UUID", "write urn:uuid: and 32 hexadecimal digits in groups of 8-4-4-4-12", "请写 urn:uuid: 加 32 位十六进制数字，分组为 8-4-4-4-12";
    EVENT_ID_HASH = "EPCIS-EVENT_ID_HASH", Error, "{0} is no event hash", "{0} 不是事件哈希", "write ni:///sha-256; and 64 hexadecimal digits and ?ver=CBV2.0, or leave eventID out", "请写 ni:///sha-256; 加 64 位十六进制数字和 ?ver=CBV2.0，或省略 eventID";
    HASH_MISMATCH = "EPCIS-HASH_MISMATCH", Warning, "eventID {0} is not the hash of this event", "eventID {0} 与该事件的哈希不符", "compute the hash again; the event was changed after it, or the hash is of another version", "请重新计算哈希；事件可能在计算后被修改，或哈希版本不同";
    DUPLICATE_EVENT_ID = "EPCIS-DUPLICATE_EVENT_ID", Warning, "eventID {0} was used before in this document, by event {1}", "eventID {0} 已在本文档的事件 {1} 中使用", "give each event its own; only an error declaration repeats one", "请为每个事件使用不同的 ID；只有错误声明才会重复";
    DUPLICATE_EVENT = "EPCIS-DUPLICATE_EVENT", Warning, "the event is the same as event {0} of this document", "该事件与本文档的事件 {0} 相同", "send each event once", "请每个事件只发送一次";
    NO_CORRECTIVE_IDS = "EPCIS-NO_CORRECTIVE_IDS", Warning, "correctiveEventIDs is empty", "correctiveEventIDs 为空", "name the events that correct this one, or leave the field out", "请列出更正事件，或省略该字段";
    CORRECTS_ITSELF = "EPCIS-CORRECTS_ITSELF", Warning, "the event {0} names itself as its correction", "事件 {0} 将自身列为更正事件", "name the events that replace it", "请列出替代它的事件";
    SET_AND_UNSET = "EPCIS-SET_AND_UNSET", Error, "{0} is both set and unset", "{0} 同时被设置和取消", "keep one of them", "请只保留一个";
    DUPLICATE_CERTIFICATE = "EPCIS-DUPLICATE_CERTIFICATE", Warning, "{0} is listed twice", "{0} 重复列出", "list each certificate once", "请每份证书只列一次";
    DUPLICATE_TRANSACTION = "EPCIS-DUPLICATE_TRANSACTION", Warning, "the business transaction {0} is listed twice", "业务交易 {0} 重复列出", "list each transaction once", "请每项交易只列一次";
    DUPLICATE_PARTY_TYPE = "EPCIS-DUPLICATE_PARTY_TYPE", Warning, "{0} names the type {1} more than once", "{0} 中类型 {1} 重复出现", "check which of them is meant", "请确认应为哪一个";
    RESERVED_NAMESPACE = "EPCIS-RESERVED_NAMESPACE", Warning, "{0} is an extension in GS1's namespace {1}", "扩展 {0} 使用 GS1 的命名空间 {1}", "put your own fields in a namespace of your own", "请将自定义字段放在自有命名空间中";
    PERSON_NUMBER = "EPCIS-PERSON_NUMBER", Error, "a value has the form of a citizen's identity number", "某个值形似公民身份号码", "keep personal data out of events; use a pseudonymous identifier", "事件中不得包含个人信息，请使用假名标识";
    MOBILE_NUMBER = "EPCIS-MOBILE_NUMBER", Error, "a value has the form of a mobile telephone number", "某个值形似手机号码", "keep personal data out of events; use a pseudonymous identifier", "事件中不得包含个人信息，请使用假名标识";
    PRIVATE_EMAIL = "EPCIS-PRIVATE_EMAIL", Error, "a value contains an e-mail address at a provider of mail for persons", "某个值含有个人邮箱地址", "keep personal data out of events; name the organisation, or an address under its own domain", "事件中不得包含个人信息；请填写单位，或单位自有域名下的地址";
    LICENCE_PLATE = "EPCIS-LICENCE_PLATE", Error, "a value has the form of a vehicle's licence plate", "某个值形似机动车号牌", "keep personal data out of events; name the vehicle by a GIAI or an identifier of your own", "事件中不得包含个人信息，请用 GIAI 或自有标识表示车辆";
    UNKNOWN_VOCABULARY = "EPCIS-UNKNOWN_VOCABULARY", Warning, "EPCIS defines no vocabulary {0}", "EPCIS 未定义词汇表 {0}", "correct the type, or use a URI of your own", "请更正类型，或使用自有 URI";
    DUPLICATE_MASTER_ID = "EPCIS-DUPLICATE_MASTER_ID", Warning, "{0} is described more than once in this vocabulary", "{0} 在此词汇表中重复描述", "bring its attributes together in one element", "请将其属性合并到一个元素中";
    MASTER_CYCLE = "EPCIS-MASTER_CYCLE", Error, "{0} lies below itself in the hierarchy", "{0} 在层级中位于自身之下", "remove one of the children that close the circle", "请移除造成循环的子项";
    DUPLICATE_CHILD = "EPCIS-DUPLICATE_CHILD", Warning, "{0} is listed twice among the children", "{0} 在子项中重复列出", "list each child once", "请每个子项只列一次";
    DUPLICATE_PARAMETER = "EPCIS-QUERY_DUPLICATE_PARAMETER", Error, "the parameter {0} stands twice", "参数 {0} 重复出现", "keep one of them; several values go in one list", "请只保留一个；多个值放在一个列表中";
    NO_PARAMETER_VALUE = "EPCIS-QUERY_NO_VALUE", Error, "the parameter {0} has no value", "参数 {0} 没有值", "give it a value", "请提供值";
    EMPTY_RANGE = "EPCIS-QUERY_EMPTY_RANGE", Warning, "no time is at or after {0} and before {1}", "不存在不早于 {0} 且早于 {1} 的时间", "exchange or correct the limits", "请交换或更正界限";
}
