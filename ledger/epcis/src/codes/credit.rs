//! Codes of credit: what is evaluated, and why a record of credit has no effect.

use super::codes;

codes! {
    FORM = "CREDIT-FORM", Error, "what is to be evaluated is wrong: {0}", "待评价内容有误：{0}", "compare it with docs/CREDIT.md: every member known, given once, of its type and within its limit", "请对照 docs/CREDIT.md：成员须已定义、不重复，类型与范围正确";
    RECORD_FORM = "CREDIT-RECORD_FORM", Error, "the record of credit is wrong: {0}", "信用记录有误：{0}", "compare it with docs/CREDIT.md: every member known, given once, of its type", "请对照 docs/CREDIT.md：成员须已定义、不重复、类型正确";
    NO_RIGHT = "CREDIT-NO_RIGHT", Error, "its author may not say this", "作者无权作此记录", "findings and decisions are an authority's about others; pledges, objections and repairs are the firm's own", "检查与决定由主管机关对他方作出；承诺、异议与修复由企业本身提出";
    UNKNOWN_TARGET = "CREDIT-UNKNOWN_TARGET", Error, "the record that it names is not in the firm's file", "所指记录不在该企业的信用档案中", "compare the hash with: suyuan credit FIRM --json", "请用 suyuan credit 企业 --json 核对哈希";
    WRONG_TARGET = "CREDIT-WRONG_TARGET", Error, "the record that it names is of another kind", "所指记录的种类不符", "an objection names what an authority recorded, a repair names what an authority holds against the firm, and a pledge", "异议应指向主管机关的记录；修复应指向主管机关的不利记录和承诺";
    TRANSITION = "CREDIT-TRANSITION", Error, "it does not follow from how things stand", "与当前状态不符", "look up how the objection, the repair or what it names stands: suyuan credit FIRM", "请用 suyuan credit 企业 查询异议、修复或所指记录的现状";
    OBJECTED_BEFORE = "CREDIT-OBJECTED_BEFORE", Error, "this was objected to before", "此前已对该记录提出过异议", "give new evidence, or ask for a review or a court", "请提供新证据，或申请复议、诉讼";
    MIN_PERIOD = "CREDIT-MIN_PERIOD", Error, "the least time of publication is not over", "最短公示期未满", "apply again from the day on that the policy of repair allows", "请在修复政策允许之日起再申请";
    NOT_DELIVERED = "CREDIT-NOT_DELIVERED", Error, "the penalty was not delivered together with the notice of how to repair it, and does not score", "处罚决定未与信用修复告知同达，不计分", "deliver both, and record repairNotice and deliveryReceipt", "请送达两书，并填写 repairNotice 与 deliveryReceipt";
    NOT_CATALOGUED = "CREDIT-NOT_CATALOGUED", Error, "the measure is in no catalogue of its author that is in force on that day", "该措施不在作者当日有效的措施清单中", "name the record of your catalogue in force and a code that it has: suyuan measures FIRM", "请填写本机关有效清单的记录哈希及其中的措施代码：suyuan measures 企业";
    TABLE = "CREDIT-TABLE", Error, "the table {0} can't be read: {1}", "无法读取 {0} 表：{1}", "compare it with the tables that came with the program: docs/CREDIT.md", "请对照程序自带的表：docs/CREDIT.md";
    GRADE_DIFFERS = "CREDIT-GRADE_DIFFERS", Error, "the grade is not what follows from the records: {0}", "所公布的等级与记录推算结果不符：{0}", "compute it again: suyuan credit FIRM --at HEIGHT; suyuan credit publish FIRM records what follows", "请用 suyuan credit 企业 --at 高度 重新计算；suyuan credit publish 企业 可记录推算结果";
    NOTHING = "CREDIT-NOTHING", Error, "nothing is recorded of the credit of {0} up to height {1}", "截至高度 {1}，未记录 {0} 的信用信息", "compare the code; of a firm of which nothing is recorded nothing is said", "请核对代码；对无记录的企业不作任何评价";
    NOT_YOURS = "CREDIT-NOT_YOURS", Error, "the credit of another firm is shown to authorities alone", "他方信用信息仅向主管机关提供", "ask the firm, or ask an authority's node", "请向该企业索取，或向主管机关的节点查询";
}
