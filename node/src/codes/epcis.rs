//! Codes of the EPCIS interface: capture, queries, and what the binding to HTTP demands.

suyuan_epcis::codes! {
    NOT_BUILT = "QUERY-NOT_BUILT", Error, "the query parameter {0} is of the standard, but not built here yet", "标准查询参数 {0} 尚未实现", "leave it out, and filter what you get", "请去掉该参数，并自行筛选结果";
    LIMIT_WITHOUT_ORDER = "QUERY-LIMIT_WITHOUT_ORDER", Error, "eventCountLimit says which events are the first only with orderBy", "eventCountLimit 须与 orderBy 一起使用，才能确定前几个事件", "add orderBy=eventTime or orderBy=recordTime", "请加上 orderBy=eventTime 或 orderBy=recordTime";
    TOO_MANY_VALUES = "QUERY-TOO_MANY_VALUES", Error, "a query has at most {0} parameters and {1} values", "一次查询最多 {0} 个参数、{1} 个值", "ask several times", "请分多次查询";
    TOO_LARGE = "QUERY-TOO_LARGE", Error, "more than {0} events match", "匹配的事件超过 {0} 个", "narrow the query, by times or objects, or leave maxEventCount out and read page by page", "请用时间或对象缩小查询范围，或去掉 maxEventCount 并逐页读取";
    TOO_COMPLEX = "QUERY-TOO_COMPLEX", Error, "to answer this, more than {0} records or {1} payloads would have to be looked at", "回答此查询需要检查超过 {0} 条记录或 {1} 个内容", "narrow it by recordTime or exact objects (MATCH_epc, EQ_eventID), or ask without orderBy=eventTime and read page by page", "请用 recordTime 或确切对象（MATCH_epc、EQ_eventID）缩小范围，或不用 orderBy=eventTime 并逐页读取";
    NO_EVENT = "QUERY-NO_EVENT", Error, "no event {0} is recorded", "没有记录编号为 {0} 的事件", "compare the id; in a path it is percent-encoded (/ as %2F, ? as %3F)", "请核对编号；在路径中须百分号编码（/ 为 %2F，? 为 %3F）";
    SEVERAL_AUTHORS = "QUERY-SEVERAL_AUTHORS", Error, "{0} authors have recorded an event {1}: {2}", "有 {0} 家单位记录了编号为 {1} 的事件：{2}", "read them all: GET /epcis/events?EQ_eventID=…", "请读取全部：GET /epcis/events?EQ_eventID=…";
    NOT_IN_XML = "QUERY-NOT_IN_XML", Warning, "the event {0} has what XML cannot carry: {1}", "事件 {0} 含有 XML 无法表示的内容：{1}", "ask for JSON: Accept: application/json", "请以 JSON 获取：Accept: application/json";
    NO_JOB = "CAPTURE-NO_JOB", Error, "there is no capture {0}", "没有编号为 {0} 的录入任务", "compare the id; the oldest captures are forgotten, the events stay", "请核对编号；最早的任务记录会被清除，事件仍在";
    QUEUE_FULL = "CAPTURE-QUEUE_FULL", Error, "{0} captures wait already", "已有 {0} 个录入任务在等待", "try again after the time that Retry-After says", "请按 Retry-After 所示时间后重试";
    ROLLBACK_LIMIT = "CAPTURE-ROLLBACK_LIMIT", Error, "a document that is captured as a whole or not at all has at most {0} events", "整体录入（rollback）的文档最多 {0} 个事件", "split it, or send GS1-Capture-Error-Behaviour: proceed", "请拆分文档，或发送 GS1-Capture-Error-Behaviour: proceed";
    INTERRUPTED = "CAPTURE-INTERRUPTED", Error, "the node stopped {0} times while it captured this", "录入此文档时节点已中断 {0} 次", "send it again: what was recorded is known by its eventID", "请重新发送：已记录的事件按 eventID 识别，不会重复";
    BODY_LOST = "CAPTURE-BODY_LOST", Error, "the document was not wholly on disk when the machine stopped", "机器停止时文档尚未完整写入磁盘", "send it again", "请重新发送";
    OVERTAKEN = "CAPTURE-OVERTAKEN", Error, "{0} events of this document are recorded, though it was to be recorded as a whole or not at all: another capture came between its check and its recording", "此文档本应整体录入，但已记录其中 {0} 个事件：检查与记录之间有其他录入", "correct the others and send them again", "请更正其余事件后重新发送";
    MORE_ERRORS = "CAPTURE-MORE_ERRORS", Error, "{0} more errors", "另有 {0} 个错误", "correct those that are listed and send the document again", "请更正已列出的错误后重新发送文档";
    ONE_EVENT = "CAPTURE-ONE_EVENT", Error, "one event is expected here, and there are {0}", "此处应为一个事件，实际有 {0} 个", "send several to /epcis/capture", "多个事件请提交到 /epcis/capture";
    EVENT_EXISTS = "CAPTURE-EVENT_EXISTS", Error, "the event {0} is recorded already", "事件 {0} 已经记录", "nothing to do; it is at the address in Location", "无需处理；其地址见 Location";
    NO_EVENTS = "CAPTURE-NO_EVENTS", Error, "there is no list of events in this document", "文档中没有事件列表", "send an EPCISDocument or EPCISQueryDocument with an eventList, or events without a document", "请发送含 eventList 的 EPCISDocument 或 EPCISQueryDocument，或直接发送事件";
    NOT_ACCEPTABLE = "REST-NOT_ACCEPTABLE", Error, "{0} is not what this can be answered in: {1}", "无法以 {0} 应答，可用：{1}", "send another Accept, or none", "请更改或去掉 Accept";
    MEDIA_TYPE = "REST-MEDIA_TYPE", Error, "{0} is not read here", "此处不接受 {0}", "send application/json, application/ld+json, application/x-ndjson, application/xml or text/xml as Content-Type", "Content-Type 请用 application/json、application/ld+json、application/x-ndjson、application/xml 或 text/xml";
    METHOD = "REST-METHOD", Error, "{0} is not what this address takes", "此地址不支持 {0}", "use a method that Allow lists", "请使用 Allow 所列方法";
    BODY_TOO_LARGE = "REST-BODY_TOO_LARGE", Error, "the body has more than {0} bytes", "请求体超过 {0} 字节", "split it; OPTIONS tells the limits", "请拆分；限额见 OPTIONS";
    HEADER = "REST-HEADER", Error, "the header {0} has the value {1}, which is none of: {2}", "请求头 {0} 的值 {1} 不在可选值中：{2}", "correct it, or leave the header out", "请更正或去掉该请求头";
    VERSION = "REST-VERSION", Error, "{0} {1} is not what this node speaks: {2}", "{0} {1} 与本节点版本 {2} 不符", "ask for a range that has it, or leave the header out", "请求包含该版本的范围，或去掉该请求头";
    PAGE_TOKEN = "REST-PAGE_TOKEN", Error, "the page token is not one, has expired, was deleted, or is of another query", "分页令牌无效、已过期、已删除，或属于其他查询", "begin again without nextPageToken", "请去掉 nextPageToken 重新开始";
}
