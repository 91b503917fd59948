//! Codes of proofs: why a verifier refuses one. Each step of a verifier names its own (`docs/FORMATS.md`).

use super::codes;

codes! {
    SIZE = "PROOF-SIZE", Error, "the proof has more bytes, or more of something in it, than a proof may have", "证明的字节数或其中某项的数量超过上限", "ask for a smaller trace, with a limit of depth; do not rely on this one", "请限制深度后重新索取较小的追溯证明；请勿采信此证明";
    FORM = "PROOF-FORM", Error, "these are not the bytes of a proof or checkpoint of this kind, or not the only ones that it can be written as", "不是此类证明或检查点的字节，或不是其唯一写法", "fetch the file again, unchanged; if it stays so, it was altered or is of another version", "请重新取得未改动的文件；若仍如此，则文件被改动或版本不同";
    CHAIN = "PROOF-CHAIN", Error, "the proof is for another network than the one you trust", "证明属于您所信任网络之外的网络", "give the genesis or checkpoint of its network, if you have reason to trust that", "如有理由信任该网络，请提供其创世文件或检查点";
    STALE = "PROOF-STALE", Error, "the checkpoint is older than what you trust already", "该检查点早于您已信任的内容", "take a newer one; what you trust stays as it is", "请取得更新的检查点；您已信任的内容保持不变";
    EXPIRED = "PROOF-EXPIRED", Error, "what you trust is older than you allow", "您的信任起点已超过允许的期限", "pin a newer checkpoint from a source that you trust, and compare it with another's", "请从可信来源固定较新的检查点，并与他方核对";
    VALIDATORS = "PROOF-VALIDATORS", Error, "the proof is decided by validators to whom your trust does not lead", "作出确认的验证节点无法由您的信任推导得出", "take a newer checkpoint from a source that you trust, and compare it with another's", "请从可信来源取得较新的检查点，并与他方核对";
    CERTIFICATE = "PROOF-CERTIFICATE", Error, "the certificate does not decide the header, or the header is not the one that you have pinned", "确认书未确认该区块头，或区块头与您固定的不一致", "do not rely on it; if other nodes show the same header, tell the operator: two histories may have been signed", "请勿采信；若其他节点给出相同区块头，请告知运营方：可能有人签署了两份历史";
    EVENT = "PROOF-EVENT", Error, "an event's place or links are not in order", "事件的位置或关联次序有误", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
    PAYLOAD = "PROOF-PAYLOAD", Error, "a payload is not that of its event, or nothing can be derived from it", "内容与其事件不符，或无法从中推导", "do not rely on it; ask another node, or update the software if the rules are newer", "请勿采信；请向其他节点索取；若规则较新请更新软件";
    LINKS = "PROOF-LINKS", Error, "what a payload names is not what was recorded of it", "内容所涉对象与记录不符", "do not rely on it; if other nodes prove the same, tell the operator: validators recorded it wrongly", "请勿采信；若其他节点证明相同，请告知运营方：验证节点记录有误";
    NAMES = "PROOF-NAMES", Error, "names of objects are not those that their event recorded", "对象名称与其事件所记不符", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
    SUBJECT = "PROOF-SUBJECT", Error, "objects are not in order, or are not where they say that they first appeared", "对象次序有误，或其首次出现之处不符", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
    CUT = "PROOF-CUT", Error, "an event shown names only some of the objects whose history is said to be one", "所示事件只涉及被称为同一历史的部分对象", "do not rely on it: an event may be forged behind the first of them; ask another node", "请勿采信：可能在首个对象之后伪造了事件；请向其他节点索取";
    LOG = "PROOF-LOG", Error, "a history that is shown in part does not fit the events shown", "部分展示的历史与所示事件不符", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
    STATE = "PROOF-STATE", Error, "what is shown is not what the certified state holds: something was changed, added or left out", "所示内容与已确认状态不符：有内容被改动、添加或遗漏", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
    MISSING = "PROOF-MISSING", Error, "the trace leads to an object that is not shown", "追溯涉及未展示的对象", "do not rely on it: something is left out; ask another node", "请勿采信：有内容被遗漏；请向其他节点索取";
    PRUNED = "PROOF-PRUNED", Error, "the trace needs events that are left out", "追溯所需的事件被略去", "do not rely on it: something is left out; ask another node", "请勿采信：有内容被遗漏；请向其他节点索取";
    UNANCHORED = "PROOF-UNANCHORED", Error, "an event is shown that nothing places on the ledger", "所示事件无任何依据证明在账本上", "do not rely on it: the event may be forged; ask another node", "请勿采信：该事件可能是伪造的；请向其他节点索取";
    SUPERFLUOUS = "PROOF-SUPERFLUOUS", Error, "something is shown that the trace does not need", "展示了追溯不需要的内容", "ask another node for the proof, or this one for that of what you ask", "请向其他节点索取，或请该节点按所问内容出具";
    ABSENCE = "PROOF-ABSENCE", Error, "it is not proved that nothing is recorded of the object", "未能证明该对象没有任何记录", "do not rely on it: there may be records; ask another node", "请勿采信：可能存在记录；请向其他节点索取";
    PATH = "PROOF-PATH", Error, "the event, its submission or its receipt does not lead to the block", "事件、其提交或回执无法归于该区块", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
    SIGNATURE = "PROOF-SIGNATURE", Error, "the submission is not signed by its key", "提交未由其密钥签名", "do not rely on it; ask another node", "请勿采信；请向其他节点索取";
}
