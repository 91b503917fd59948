//! Codes of the node: its data directory, its network, what it answers.

suyuan_epcis::codes! {
    DIRECTORY = "NODE-DIRECTORY", Error, "the data directory cannot be used: {0}", "无法使用数据目录：{0}", "name another with --dir, or make one: suyuan node init --dir FOLDER", "请用 --dir 指定其他目录，或新建：suyuan node init --dir 文件夹";
    IN_USE = "NODE-IN_USE", Error, "the data directory {0} is in use by another process", "数据目录 {0} 正被另一进程使用", "stop it first; a node that runs answers capture, trace and org with --url and its address", "请先停止该进程；运行中的节点可用 capture、trace、org 命令加 --url 及其地址访问";
    NOT_PERMITTED = "NODE-NOT_PERMITTED", Error, "no permission: {0}", "没有权限：{0}", "run as the user who owns the path, or have its owner give you the right", "请以该路径所有者的身份运行，或请其授权";
    DISK_FULL = "NODE-DISK_FULL", Error, "no space left: {0}", "磁盘空间不足：{0}", "free some space and run the command again: what was acknowledged is kept, what was not waits in the spool", "请释放空间后重新运行：已确认的内容都已保存，未确认的仍在队列中";
    DAMAGED = "NODE-DAMAGED", Error, "the store is damaged: {0}", "存储已损坏：{0}", "keep the data directory as it is; check the disk, and restore a backup or fetch the ledger from another node", "请勿改动数据目录；检查磁盘，从备份恢复或从其他节点重新获取账本";
    NO_FOLDER = "NODE-NO_FOLDER", Error, "{0} cannot be there: the folder {1} is missing", "无法使用 {0}：缺少文件夹 {1}", "make the folder, or correct the path", "请创建该文件夹，或更正路径";
    UNFINISHED = "NODE-UNFINISHED", Error, "{0} is missing or not of this chain: the data directory was not made to the end, or was changed", "{0} 缺失或不属于此链：数据目录未创建完成或被改动", "run suyuan node init again, or restore the file from a backup", "请再次运行 suyuan node init，或从备份恢复该文件";
    CONFIGURATION = "NODE-CONFIGURATION", Error, "{0} is wrong: {1}", "{0} 有误：{1}", "correct the line; what it means is said in the file that suyuan node init writes", "请更正该行；含义见 suyuan node init 生成的文件";
    IO = "NODE-IO", Error, "{0}: {1}", "{0}：{1}", "check that the path exists, may be read and written, and has space left", "请检查路径是否存在、可读写且有剩余空间";
    STORE = "NODE-STORE", Error, "the ledger cannot go on: {0}", "账本无法继续：{0}", "check the disk, then suyuan fsck; keep the data directory as it is", "请检查磁盘，然后运行 suyuan fsck；请勿改动数据目录";
    PORT = "NODE-PORT", Error, "cannot listen at {0}: {1}", "无法监听 {0}：{1}", "stop the program that uses it, or choose another: --listen 127.0.0.1:8481", "请停止占用的程序，或另选地址：--listen 127.0.0.1:8481";
    UNREACHABLE = "NODE-UNREACHABLE", Error, "no answer from {0}: {1}", "{0} 无应答：{1}", "check the address and that the node runs; what was captured waits in the queue, run the command again", "请检查地址和节点是否运行；已录入内容在队列中等待，请重新运行命令";
    ANSWER = "NODE-ANSWER", Error, "{0} answers what is not expected: {1}", "{0} 的应答不符合预期：{1}", "check that it is a suyuan node, of a version that fits", "请确认对方是版本匹配的 suyuan 节点";
    KEY_UNKNOWN = "NODE-KEY_UNKNOWN", Error, "the key {0} is not one of this chain", "密钥 {0} 不属于此链", "have an administrator admit it: suyuan org admit", "请管理员准入：suyuan org admit";
    KEY_MISSING = "NODE-KEY_MISSING", Error, "no key to sign with: {0}", "没有用于签名的密钥：{0}", "name its file with --key; make one with suyuan keygen", "请用 --key 指定密钥文件；可用 suyuan keygen 生成";
    BUSY = "NODE-BUSY", Error, "the node is busy", "节点繁忙", "try again in a moment", "请稍后重试";
    LANE_MOVED = "NODE-LANE_MOVED", Error, "others keep signing with this key", "有其他程序正在使用此密钥签名", "one key is for one device: give each a key of its own", "一台设备一把密钥：请为每台设备使用独立密钥";
    ROLLED_BACK = "NODE-ROLLED_BACK", Error, "nothing was recorded, since {0} cannot be", "未作任何记录，因为其中 {0} 不能记录", "correct what is said above, or leave --rollback out", "请更正上述问题，或不使用 --rollback";
    SUBJECT = "NODE-SUBJECT", Error, "\"{0}\" names nothing that can be traced: {1}", "“{0}”不是可追溯的对象：{1}", "give an EPC URN, a Digital Link, an element string such as '(01)09521001001014(10)L1', a drug trace code or a device code", "请给出 EPC URN、数字链接、如 '(01)09521001001014(10)L1' 的元素串、药品追溯码或设备代码";
    NOT_RECORDED = "NODE-NOT_RECORDED", Error, "nothing is recorded of {0} up to height {1}", "截至高度 {1}，没有关于 {0} 的记录", "compare the identifier; it may be captured under another key", "请核对标识；也可能以其他标识录入";
    CUT = "NODE-CUT", Warning, "the trace is cut off at a limit: {0}", "追溯在限额处截断：{0}", "ask again from where it ends, or with a greater --depth", "请从截断处继续查询，或增大 --depth";
    EXISTS = "NODE-EXISTS", Error, "{0} is there already", "{0} 已存在", "give another name; it is not replaced", "请使用其他名称；不会被覆盖";
    OPTION = "NODE-OPTION", Error, "{0}: {1}", "{0}：{1}", "correct the argument", "请更正该参数";
    KEY_OF_OTHER = "NODE-KEY_OF_OTHER", Error, "the key file is of {0}, and the key that signs of {1}", "密钥文件属于 {0}，而签名密钥属于 {1}", "sign with a key of the same organisation, or as operator with --governance", "请使用同一组织的密钥签名，或由运营方使用 --governance";
    PROOF_LATER = "NODE-PROOF_LATER", Error, "the last block is not certified yet", "最新区块尚未获得确认", "try again in a second", "请稍后重试";
    ERASED = "NODE-ERASED", Warning, "the payload at {0} is erased: left out", "{0} 处的内容已删除：略去", "nothing to do; its digest and links remain", "无需处理；其摘要和链接仍保留";
    NEW_CHAIN = "NODE-NEW_CHAIN", Warning, "{0} is new: a chain of one organisation, {1}, kept on this machine alone; its keys are {2}", "{0} 为新建：仅含一家单位 {1} 的链，只保存在本机；其密钥{2}", "to join a network, use its genesis: suyuan node init --genesis FILE", "要加入网络请使用其创世文件：suyuan node init --genesis 文件";
    DIFFERENCE = "NODE-DIFFERENCE", Error, "the ledger is not what its blocks make: {0}", "账本与其区块不一致：{0}", "stop using this directory; restore it from a backup, or fetch the ledger from another node", "请停止使用此目录；从备份恢复，或从其他节点重新获取账本";
    LOST = "NODE-LOST", Error, "what was acknowledged is missing: {0}", "缺少已确认的内容：{0}", "restore a backup that has it, or fetch it from another node; to go on without it: suyuan node accept-loss", "请恢复含有该内容的备份，或从其他节点获取；若放弃该内容：suyuan node accept-loss";
    RESTORED = "NODE-RESTORED", Error, "{0} was laid down from a backup: what was signed after the backup is not in it, and would be signed again differently", "{0} 由备份恢复：备份之后签署的内容不在其中，继续写入将对同一高度另行签署", "show that nothing came after: suyuan node restore --newest with the newest checkpoint that anybody has; to give up what did: suyuan node accept-loss", "请用 suyuan node restore --newest 及各方所存最新检查点证明其后没有内容；若放弃备份之后的内容：suyuan node accept-loss";
    BEHIND = "NODE-BEHIND", Error, "the backup ends at height {0}, the checkpoint is of height {1}: blocks are missing", "备份止于高度 {0}，检查点高度为 {1}：其间区块缺失", "restore a newer backup, or fetch the blocks from another node; to give them up: suyuan node accept-loss", "请恢复更新的备份，或从其他节点获取区块；若放弃：suyuan node accept-loss";
    NO_BACKUP = "NODE-NO_BACKUP", Error, "{0} is no finished backup", "{0} 不是完整的备份", "name a folder that suyuan node backup has written", "请指定由 suyuan node backup 写成的文件夹";
    BACKUP_DAMAGED = "NODE-BACKUP_DAMAGED", Error, "the backup is damaged: {0} is missing or not as it was written", "备份已损坏：{0} 缺失或与写入时不同", "use another backup; nothing was laid down", "请使用其他备份；未恢复任何内容";
    API_NOT_FOUND = "API-NOT_FOUND", Error, "there is no {0} here", "此处没有 {0}", "compare the address with the documentation", "请对照文档核对地址";
    API_BODY = "API-BODY", Error, "the body cannot be read: {0}", "无法读取请求体：{0}", "send what the documentation says, within the limits", "请按文档在限额内发送";
    API_LOCAL_ONLY = "API-LOCAL_ONLY", Error, "documents are signed in this node's name only for this machine", "仅接受本机提交的文档，以本节点名义签名", "use suyuan capture --url with a key of your own: it signs what it sends", "请使用 suyuan capture --url 及自己的密钥，由其签名后提交";
    API_PARAMETER = "API-PARAMETER", Error, "the parameter {0} is wrong: {1}", "参数 {0} 有误：{1}", "correct it", "请更正";
    API_TIMEOUT = "API-TIMEOUT", Error, "it took longer than {0} seconds", "处理超过 {0} 秒", "ask for less at a time", "请减少单次请求的内容";
    QUERY_PARAMETER = "QUERY-NOT_SUPPORTED", Error, "the query parameter {0} is not known", "不支持查询参数 {0}", "use one of: eventType, GE_eventTime, LT_eventTime, EQ_action, EQ_bizStep, EQ_disposition, EQ_readPoint, EQ_bizLocation, EQ_eventID, MATCH_epc, MATCH_anyEPC, MATCH_parentID, EXISTS_errorDeclaration, eventCountLimit", "可用：eventType、GE_eventTime、LT_eventTime、EQ_action、EQ_bizStep、EQ_disposition、EQ_readPoint、EQ_bizLocation、EQ_eventID、MATCH_epc、MATCH_anyEPC、MATCH_parentID、EXISTS_errorDeclaration、eventCountLimit";
}
