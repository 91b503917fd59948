//! Codes of traces: what is missing in one and from whom (`TRACE-GAP_…`), and why one is not all
//! (`TRACE-CUT_…`). `{0}` is the object.

use super::codes;

codes! {
    GAP_NOT_CAPTURED = "TRACE-GAP_NOT_CAPTURED", Warning, "{0} was shipped, and nobody has recorded its receipt", "{0} 已发货，但无人记录收货", "ask the receiver to record it; if it never arrived, the shipper records void_shipping", "请收货方补录；若从未到货，由发货方记录 void_shipping";
    GAP_RECEIVER_NOT_REGISTERED = "TRACE-GAP_RECEIVER_NOT_REGISTERED", Warning, "{0} was shipped to one who is no member here and cannot record its receipt", "{0} 发往非成员单位，无法记录收货", "ask the shipper whom it went to; the operator can register that organisation", "请向发货方查询去向；可由运营方登记该单位";
    GAP_SENDER_NOT_RECORDED = "TRACE-GAP_SENDER_NOT_RECORDED", Warning, "{0} was received, and nobody has recorded its shipment", "{0} 已收货，但无人记录发货", "ask the sender to record it; that confirms the receipt", "请发货方补录；补录后收货即获确认";
    GAP_NEVER_COMMISSIONED = "TRACE-GAP_NEVER_COMMISSIONED", Warning, "it is not recorded here how {0} came into being", "此处没有 {0} 产生的记录", "ask its maker to record it; for old stock, an opening balance", "请生产方补录；既有库存请记录期初余额";
    GAP_OPENING_BALANCE = "TRACE-GAP_OPENING_BALANCE", Warning, "{0} was there before its holder joined: what was before is not recorded here", "{0} 在持有者加入之前已存在：此前情况不在此处", "ask the holder for its own records of that time", "请向持有者索取当时的记录";
    GAP_PAYLOAD_ERASED = "TRACE-GAP_PAYLOAD_ERASED", Warning, "the content of an event about {0} is erased or not shown", "有关 {0} 的某事件内容已删除或未展示", "its links still hold; ask its author for the content, whose digest is on the ledger", "其关联仍然有效；可向作者索取内容，其摘要在账本上";
    GAP_AFTER_END_OF_LIFE = "TRACE-GAP_AFTER_END_OF_LIFE", Warning, "{0} appears after the end of its life", "{0} 在生命周期结束后出现", "compare the serial number: it may have been copied", "请核对序列号：可能被复制";
    GAP_NEVER_PACKED = "TRACE-GAP_NEVER_PACKED", Warning, "{0} was unpacked from what it was never packed in", "{0} 从未装入的容器中被取出", "ask who unpacked it; the packing can still be recorded, with the time at which it happened", "请向拆包方核实；仍可按实际时间补录装箱";
    CUT_DEPTH = "TRACE-CUT_DEPTH", Warning, "the trace ends at the depth that was asked for; there is more beyond {0}", "追溯止于所要求的深度；{0} 之后还有内容", "ask with a greater --depth, or from there", "请增大 --depth，或从该处继续查询";
    CUT_NODES = "TRACE-CUT_NODES", Warning, "the trace has more objects than the limit: some are left out", "追溯对象数量超过上限：部分略去", "ask from an object further on, or with a smaller --depth and go on from its ends", "请从更靠后的对象查询，或减小 --depth 后从末端继续";
    CUT_EDGES = "TRACE-CUT_EDGES", Warning, "the trace has more connections than the limit: some are left out", "追溯关联数量超过上限：部分略去", "ask from an object further on, or with a smaller --depth and go on from its ends", "请从更靠后的对象查询，或减小 --depth 后从末端继续";
    CUT_WORK = "TRACE-CUT_WORK", Warning, "the trace would take more work than the limit: some is left out", "追溯所需工作量超过上限：部分略去", "ask from an object further on, or with a smaller --depth and go on from its ends", "请从更靠后的对象查询，或减小 --depth 后从末端继续";
}
