//! Codes of the ledger: why something never enters it (1xx), why an event is refused in its receipt (2xx),
//! what is noted about an accepted event (`LEDGER-FLAG_…`); and those of genesis and key files.
//!
//! The numbers are those of submissions and receipts (`proofs.md` §6): [`of_number`] and [`of_flag`] find
//! their texts.

use super::{Code, codes};

codes! {
    JSON_FORM = "LEDGER-101", Error, "the event is not JSON that can be recorded: {0}", "事件不是可记录的 JSON：{0}", "write it as UTF-8 without byte order mark, each member once, without lone surrogates or NUL", "请使用不带 BOM 的 UTF-8，成员不可重复，且不含孤立代理项或 NUL";
    SIZE = "LEDGER-102", Error, "too large or nested too deep: {0}", "过大或嵌套过深：{0}", "an event has at most 256 KiB and 32 levels, a submission 4,096 events and 4 MiB; split it", "单个事件不超过 256 KiB、32 层；一次提交不超过 4096 个事件、4 MiB；请拆分";
    IDENTIFIER = "LEDGER-103", Error, "an identifier is wrong: {0}", "标识有误：{0}", "read it again from its source; do not change a check digit to fit", "请从来源重新核对；不要为通过校验而改动校验码";
    TOO_WIDE = "LEDGER-104", Error, "names too much at once: {0}", "一次涉及的对象过多：{0}", "an event names at most 4,096 objects, and no patterns beyond a whole class; split it", "单个事件最多涉及 4096 个对象，且不能使用超出整个品类的模式；请拆分";
    SCHEMA = "LEDGER-105", Error, "the event breaks the standard: {0}", "事件不符合标准：{0}", "see what is wrong: suyuan epcis validate", "查看问题：suyuan epcis validate";
    NATURAL_PERSON = "LEDGER-106", Error, "a value has the form of a natural person's {0}", "某个值形似自然人的{0}", "leave personal data out: what is recorded is kept by every member and cannot be taken back; name the organisation instead", "请去掉个人信息：记录由所有成员保存且不能撤回；请改为填写单位";
    SIGNATURE = "LEDGER-107", Error, "the signature is not that of the key named", "签名与所列密钥不符", "sign again with the key that is named, and send the bytes that were signed", "请用所列密钥重新签名，并原样发送签名的字节";
    CHAIN = "LEDGER-108", Error, "made for another network, or of a version or visibility that is not defined", "属于其他网络，或其版本、可见范围未定义", "compare the network's genesis with yours, and update the software", "请核对网络的创世文件，并更新软件";
    LANE = "LEDGER-109", Error, "not the next submission of its key", "不是该密钥的下一次提交", "ask the node where the key's lane stands and sign again; never use one key on two devices", "请向节点查询该密钥通道的位置后重新签名；不要在两台设备上使用同一密钥";
    BATCH = "LEDGER-110", Error, "count, bytes or root of the batch are not those of its events", "批次的数量、字节数或根与事件不符", "send the events as they were signed", "请原样发送签名的事件";
    CLOCK = "LEDGER-111", Error, "a time lies in the future: {0}", "时间在未来：{0}", "set the device's clock; it may be at most 5 minutes ahead", "请校准设备时钟；最多可快 5 分钟";
    OWN_PARENT = "LEDGER-112", Error, "{0} contains itself", "{0} 包含自身", "correct parent or children", "请更正父项或子项";
    DUPLICATE = "LEDGER-201", Error, "you have recorded an event with this eventID already", "您已记录过相同 eventID 的事件", "nothing to do if it is the same event; to correct it, declare it erroneous and record another", "如为同一事件则无需处理；如需更正，请先声明其错误，再记录新事件";
    KEY_NOT_VALID = "LEDGER-202", Error, "the key is revoked, or was retired more than the time of grace ago", "密钥已吊销，或停用已超过宽限期", "sign with a key in force; an administrator admits a new one", "请使用有效密钥签名；新密钥由管理员准入";
    SECOND_COMMISSION = "LEDGER-203", Error, "you have commissioned this object already", "您已对该对象赋码（commissioning）", "declare the first event erroneous if it was wrong; give every object its own serial number", "如首个事件有误，请先声明其错误；每个对象须使用唯一序列号";
    STRICT_OWNER = "LEDGER-204", Error, "the owner of the prefix lets only itself and its delegates commission under it", "前缀所有者只允许自己及受托方在该前缀下赋码", "ask the owner for a delegation", "请向所有者申请委托";
    BYSTANDER_QUOTA = "LEDGER-205", Error, "too many records today about objects you neither hold nor own", "今日对既不持有也不拥有的对象记录过多", "go on tomorrow, or ask the holder or owner to record it", "请明日继续，或由持有者、所有者记录";
    ERROR_TARGET = "LEDGER-206", Error, "declares an event erroneous that is not there, or is not yours", "声明错误的事件不存在，或不属于您", "compare the eventID; ask the author, who alone may declare it", "请核对 eventID；只有原作者可以声明";
    RESERVED = "LEDGER-207", Error, "reserved", "保留", "see the code in the answer about the contract", "请参见合约答复中的代码";
    NO_RIGHT = "LEDGER-208", Error, "the key has no right to this record", "该密钥无权作此记录", "sign with an administrator or root key of the organisation that has the right: its own for its keys and delegations, the operator's for registration and bindings", "请用有权单位的管理员或根密钥签名：本单位密钥与委托由本单位签，登记与绑定由运营方签";
    UNREADABLE = "LEDGER-209", Error, "the record of an organisation or of governance cannot be read", "单位记录或治理记录无法读取", "compare it with docs/ORGANISATIONS.md: every member known, given once, of its type", "请对照 docs/ORGANISATIONS.md：成员须已定义、不重复、类型正确";
    CONFLICT = "LEDGER-210", Error, "does not fit what is recorded: a name, key or prefix that is taken, unknown, past, or one too many", "与现有记录冲突：名称、密钥或前缀已被占用、不存在、已失效或超出数量", "look up how it stands now, and correct the record", "请查询现状后更正";
    PREFIX_UNBOUND = "LEDGER-FLAG_0", Warning, "a prefix is bound to nobody", "前缀未绑定任何单位", "its owner asks the operator to bind it", "请所有者向运营方申请绑定";
    FOREIGN_COMMISSION = "LEDGER-FLAG_1", Warning, "commissioned by one who does not own the prefix", "由非前缀所有者赋码", "ask the owner, or get a delegation", "请向所有者核实，或取得委托";
    NEVER_COMMISSIONED = "LEDGER-FLAG_2", Warning, "named without ever having been commissioned here", "所涉对象从未在此赋码", "record where it came from; for old stock, an opening balance", "请补录来源；既有库存请记录期初余额";
    AFTER_END_OF_LIFE = "LEDGER-FLAG_3", Warning, "named after the end of its life", "在生命周期结束后出现", "compare the serial number; it may have been copied", "请核对序列号，可能被复制";
    RECEIVER_NOT_NAMED = "LEDGER-FLAG_4", Warning, "the receiver is not the one whom the shipper named", "收货方与发货方所指不一致", "settle it with the shipper, who may declare the shipment erroneous", "请与发货方核对；发货方可声明该发货错误";
    ALREADY_CONTAINED = "LEDGER-FLAG_5", Warning, "a child is in another parent already", "子项已在另一父项中", "record its unpacking first", "请先记录拆包";
    BYSTANDER_RECALL = "LEDGER-FLAG_6", Warning, "a recall by one without the right to it: kept as a claim", "无权召回方提出的召回，仅作主张保留", "the owner, the holder or an authority declares the recall", "召回应由所有者、持有者或主管机关作出";
    NEGATIVE_BALANCE = "LEDGER-FLAG_7", Warning, "more of a lot left than had come", "批次发出数量多于收到数量", "compare the quantities and units", "请核对数量与单位";
    MOVED_WHILE_RECALLED = "LEDGER-FLAG_8", Warning, "moved while recalled", "召回期间被移动", "stop it, and tell the one who declared the recall", "请停止流转并通知召回方";
    LATE_CAPTURE = "LEDGER-FLAG_9", Warning, "captured later than the limit", "录入超过时限", "capture when it happens; the offline queue keeps events while there is no network", "请在发生时录入；断网时由离线队列保存";
    KEY_SUSPECT = "LEDGER-FLAG_10", Warning, "signed by a key after its compromise", "由泄露后的密钥签名", "confirm with the organisation that it is its own", "请向该单位确认是否为其所作";
    LINKS_DECLARED = "LEDGER-FLAG_11", Warning, "what it concerns is declared by its author, the content being sealed", "内容已密封，所涉对象由作者声明", "a recipient of the content can check it", "内容的接收方可以核对";
    FOREIGN_PROCESS = "LEDGER-FLAG_12", Warning, "another author took part in the process", "另有作者参与该过程", "compare the transformationID", "请核对 transformationID";
    DERIVED_AGAIN = "LEDGER-FLAG_13", Warning, "derived again under later rules", "已按新规则重新推导", "nothing to do", "无需处理";
    NOT_ORGANISATION = "LEDGER-NOT_ORGANISATION", Error, "\"{0}\" is not the URI of an organisation", "“{0}”不是单位的 URI", "write urn:uscc: or urn:lei: with the code, or a URI of the issuer", "请使用 urn:uscc: 或 urn:lei: 加代码，或发证机构的 URI";
    RECALLED = "LEDGER-RECALLED", Error, "{0} is under recall {1} of level {2} by {3}: it is not to be sold, dispensed or shipped on", "{0} 已被召回：召回 {1}，级别 {2}，召回方 {3}；不得销售、发药或继续发货", "hold it and send it back as the recall says; if it was sold all the same, record that with --recalled-anyway", "请停止流转并按召回要求退回；如确已售出，请用 --recalled-anyway 如实记录";
    GENESIS_FORM = "GENESIS-FORM", Error, "the genesis is wrong at {0}: {1}", "创世文件 {0} 处有误：{1}", "compare it with docs/ORGANISATIONS.md; take the file from the network's operator unchanged", "请对照 docs/ORGANISATIONS.md；从网络运营方取得的文件请勿改动";
    GENESIS_NOT_PILOT = "GENESIS-NOT_PILOT", Error, "the genesis does not say that the network is a pilot ({0})", "创世文件未声明网络为试点（{0}）", "write \"pilot\": true; every member's node holds what is recorded", "请写明 \"pilot\": true；所有成员节点都保存记录内容";
    GENESIS_SUITE = "GENESIS-SUITE", Error, "the suite {1} at {0} is not defined", "{0} 处的算法套件 {1} 未定义", "write 1 (BLAKE3, Ed25519), or update the software", "请写 1（BLAKE3、Ed25519），或更新软件";
    GENESIS_NO_OPERATOR = "GENESIS-NO_OPERATOR", Error, "no operator with a root or administrator key", "没有持有根密钥或管理员密钥的运营方", "give one organisation the role \"operator\" and such a key", "请为一家单位设置角色 \"operator\" 及相应密钥";
    GENESIS_NO_VALIDATOR = "GENESIS-NO_VALIDATOR", Error, "no validators", "没有验证节点", "name the key of at least one", "请至少列出一个验证节点的密钥";
    GENESIS_THRESHOLD = "GENESIS-THRESHOLD", Error, "the threshold of governance asks for more authorities than there are with a root or administrator key: {1} ({0})", "治理门限超过持有根密钥或管理员密钥的监管方数量：{1}（{0}）", "lower the threshold, or name more organisations with the role \"authority\" and such keys", "请降低门限，或增加角色为 \"authority\" 且持有此类密钥的单位";
    GENESIS_TWICE = "GENESIS-TWICE", Error, "given twice: {0}", "重复：{0}", "leave one out", "请去掉一个";
    KEY_UNREADABLE = "KEY-UNREADABLE", Error, "the key file {0} is damaged or is none: {1}", "密钥文件 {0} 已损坏或不是密钥文件：{1}", "give the file that suyuan keygen wrote; if this is it, restore it from a backup", "请给出 suyuan keygen 写出的文件；若正是此文件，请从备份恢复";
    KEY_WRONG_PASSPHRASE = "KEY-WRONG_PASSPHRASE", Error, "the passphrase does not open the key file {0}", "口令无法打开密钥文件 {0}", "try again; after some tries look for the backup of the passphrase", "请重试；多次失败请查找口令备份";
    KEY_TAMPERED = "KEY-TAMPERED", Error, "the key file {0} opens, but its parts do not belong together", "密钥文件 {0} 可以打开，但内容不一致", "do not use it; restore it from a backup, and find out who changed it", "请勿使用；从备份恢复，并查明何人改动";
    KEY_PARAMETERS = "KEY-PARAMETERS", Error, "the key file {0} asks for more memory or time than is allowed: {1}", "密钥文件 {0} 要求的内存或时间超出允许：{1}", "do not use a file from an unknown source; restore yours from a backup", "请勿使用来源不明的文件；请从备份恢复";
    KEY_EXISTS = "KEY-EXISTS", Error, "there is a file {0} already", "文件 {0} 已存在", "give another name; a key file is never replaced", "请使用其他文件名；密钥文件不会被覆盖";
    KEY_INSECURE = "KEY-INSECURE", Error, "the key file {0} is not encrypted", "密钥文件 {0} 未加密", "only for demonstrations: allow it expressly", "仅供演示：须明确允许";
    KEY_PUBLIC_PART = "KEY-PUBLIC_PART", Error, "{0} is the public part of a key: nothing can be signed with it", "{0} 仅为密钥的公开部分，不能用于签名", "name the key file itself, which stays with whoever made it", "请指定密钥文件本身；该文件由生成者自行保管";
    KEY_PERMISSIONS = "KEY-PERMISSIONS", Error, "others may read the key file {0}", "其他用户可读取密钥文件 {0}", "take the right away from them: chmod 600", "请收回权限：chmod 600";
    KEY_NO_PASSPHRASE = "KEY-NO_PASSPHRASE", Error, "no passphrase for the key file {0}", "没有密钥文件 {0} 的口令", "set SUYUAN_PASSPHRASE, name a file that holds it, or run it on a terminal", "请设置 SUYUAN_PASSPHRASE、指定口令文件，或在终端中运行";
    KEY_SIGNING = "KEY-SIGNING", Error, "the key cannot sign: {0}", "密钥无法签名：{0}", "check the token or device that holds it", "请检查保存密钥的令牌或设备";
    QUEUE_FULL = "QUEUE-FULL", Error, "the offline queue holds {0} bytes; {1} more do not fit", "离线队列已有 {0} 字节，无法再容纳 {1} 字节", "connect, so that it empties, or allow it more", "请联网以清空队列，或增大其上限";
    QUEUE_BUSY = "QUEUE-BUSY", Error, "another program is using the offline queue {0}", "另一程序正在使用离线队列 {0}", "end it, or give this device a key and queue of its own", "请结束该程序，或为本设备使用独立的密钥与队列";
    QUEUE_OTHER_KEY = "QUEUE-OTHER_KEY", Error, "the offline queue {0} belongs to another key", "离线队列 {0} 属于其他密钥", "give every key a queue of its own", "请为每个密钥使用独立的队列";
    QUEUE_DAMAGED = "QUEUE-DAMAGED", Error, "the file {0} of the offline queue is damaged", "离线队列的文件 {0} 已损坏", "it can be set aside, so that what is behind it goes on; capture its events again", "可将其移开以继续处理后续内容；请重新录入其中的事件";
    QUEUE_IO = "QUEUE-IO", Error, "{0} cannot be read or written: {1}", "无法读写 {0}：{1}", "check that the folder exists, may be written and has space left", "请检查文件夹是否存在、可写且有剩余空间";
    QUEUE_TOO_LARGE = "QUEUE-TOO_LARGE", Error, "a batch of {0} events and {1} bytes", "一批包含 {0} 个事件、{1} 字节", "a batch has 1 to 4,096 events and at most 4 MiB; split it", "每批 1 至 4096 个事件，不超过 4 MiB；请拆分";
    KEY_IO = "KEY-IO", Error, "the key file {0} cannot be read or written: {1}", "无法读写密钥文件 {0}：{1}", "check that the folder exists, may be written and has space left", "请检查文件夹是否存在、可写且有剩余空间";
}

/// The code with this number: why a submission or an event was refused.
pub fn of_number(number: u16) -> Option<&'static Code> {
    const FIRST: [&Code; 12] = [
        JSON_FORM,
        SIZE,
        IDENTIFIER,
        TOO_WIDE,
        SCHEMA,
        NATURAL_PERSON,
        SIGNATURE,
        CHAIN,
        LANE,
        BATCH,
        CLOCK,
        OWN_PARENT,
    ];
    const SECOND: [&Code; 10] = [
        DUPLICATE,
        KEY_NOT_VALID,
        SECOND_COMMISSION,
        STRICT_OWNER,
        BYSTANDER_QUOTA,
        ERROR_TARGET,
        RESERVED,
        NO_RIGHT,
        UNREADABLE,
        CONFLICT,
    ];
    let (list, first): (&[&Code], u16) = if number < 200 { (&FIRST, 101) } else { (&SECOND, 201) };
    list.get(usize::from(number.checked_sub(first)?)).copied()
}

/// The code of the flag with this bit.
pub fn of_flag(bit: u32) -> Option<&'static Code> {
    const FLAGS: [&Code; 14] = [
        PREFIX_UNBOUND,
        FOREIGN_COMMISSION,
        NEVER_COMMISSIONED,
        AFTER_END_OF_LIFE,
        RECEIVER_NOT_NAMED,
        ALREADY_CONTAINED,
        BYSTANDER_RECALL,
        NEGATIVE_BALANCE,
        MOVED_WHILE_RECALLED,
        LATE_CAPTURE,
        KEY_SUSPECT,
        LINKS_DECLARED,
        FOREIGN_PROCESS,
        DERIVED_AGAIN,
    ];
    FLAGS.get(usize::try_from(bit).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a number and a flag find the code that has it in its name. Method: all of them, and those beside.
    #[test]
    fn numbers() {
        for number in 0..1_000 {
            let expected = matches!(number, 101..=112 | 201..=210).then(|| format!("LEDGER-{number}"));
            assert_eq!(of_number(number).map(|code| code.id.to_owned()), expected);
        }
        assert_eq!(of_number(u16::MAX), None);
        for bit in 0..64 {
            let expected = (bit < 14).then(|| format!("LEDGER-FLAG_{bit}"));
            assert_eq!(of_flag(bit).map(|code| code.id.to_owned()), expected);
        }
    }
}
