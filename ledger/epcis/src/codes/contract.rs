//! Codes of contracts: why a record of one has no effect.

use super::codes;

codes! {
    RECORD_FORM = "CONTRACT-RECORD_FORM", Error, "the record of a contract is wrong: {0}", "合同记录有误：{0}", "compare it with docs/CONTRACT.md: every member known, given once, of its type", "请对照 docs/CONTRACT.md：成员须已定义、不重复、类型正确";
    NO_RIGHT = "CONTRACT-NO_RIGHT", Error, "its author may not say this", "作者无权作此记录", "a party proposes and agrees, a debtor performs, a creditor receives, a bank that an authority has licensed confirms payments, an authority that is no party decides", "由当事方提出和同意，债务人履行，债权人受领，经主管机关记录许可的银行确认付款，非当事方的主管机关裁决";
    UNKNOWN = "CONTRACT-UNKNOWN", Error, "what it names is not there: the contract, an obligation or a record", "所指的合同、义务或记录不存在", "compare it with: suyuan contract show ID --json", "请用 suyuan contract show 编号 --json 核对";
    TRANSITION = "CONTRACT-TRANSITION", Error, "it does not follow from how the contract stands", "与合同当前状态不符", "look up how it stands: suyuan contract show ID", "请用 suyuan contract show 编号 查询现状";
    CONFLICT = "CONTRACT-CONFLICT", Error, "another record was first", "已有其他记录在先", "look up what was recorded, and decide anew: suyuan contract show ID", "请用 suyuan contract show 编号 查看已有记录后再定";
    BAND = "CONTRACT-BAND", Error, "the band of size is not that of the proposal", "规模档次与提议不一致", "agree on one band with the other parties; both state the same", "请与其他当事方商定同一档次并一致填写";
    TOO_MANY = "CONTRACT-TOO_MANY", Error, "the contract has as many of these as it may have", "该合同的此类条目已达上限", "make another contract for what follows", "请为后续事项另订合同";
    NOTHING = "CONTRACT-NOTHING", Error, "there is no contract {0} up to height {1}", "截至高度 {1}，没有合同 {0}", "compare the hash with: suyuan contract list FIRM", "请用 suyuan contract list 企业 核对哈希";
    NOT_YOURS = "CONTRACT-NOT_YOURS", Error, "a contract is shown to its parties and to authorities alone", "合同仅向当事方和主管机关提供", "ask one of the parties, or an authority's node", "请向当事方索取，或向主管机关的节点查询";
}
