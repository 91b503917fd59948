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
    API_NOT_FOUND = "API-NOT_FOUND", Error, "there is no {0} here", "此处没有 {0}", "compare the address with the documentation", "请对照文档核对地址";
    API_BODY = "API-BODY", Error, "the body cannot be read: {0}", "无法读取请求体：{0}", "send what the documentation says, within the limits", "请按文档在限额内发送";
    API_LOCAL_ONLY = "API-LOCAL_ONLY", Error, "documents are signed in this node's name only for this machine", "仅接受本机提交的文档，以本节点名义签名", "use suyuan capture --url with a key of your own: it signs what it sends", "请使用 suyuan capture --url 及自己的密钥，由其签名后提交";
    API_PARAMETER = "API-PARAMETER", Error, "the parameter {0} is wrong: {1}", "参数 {0} 有误：{1}", "correct it", "请更正";
    API_TIMEOUT = "API-TIMEOUT", Error, "it took longer than {0} seconds", "处理超过 {0} 秒", "ask for less at a time", "请减少单次请求的内容";
    API_TOKEN = "API-TOKEN", Error, "this takes the token of an account", "此操作需要账户令牌", "send Authorization: Bearer TOKEN; an operator of the node makes one: suyuan node account add NAME", "请发送 Authorization: Bearer 令牌；由节点管理员创建：suyuan node account add 名称";
    API_TOKEN_UNKNOWN = "API-TOKEN_UNKNOWN", Error, "the token is not one of this node, or is revoked", "令牌不属于此节点，或已被撤销", "compare it with what suyuan node account add printed, or have a new one made", "请与 suyuan node account add 显示的内容核对，或重新创建";
    API_ROLE = "API-ROLE", Error, "this takes the role {0}; the account is a {1}", "此操作需要角色 {0}；该账户为 {1}", "use an account with that role: suyuan node account add NAME --role ROLE", "请使用具有该角色的账户：suyuan node account add 名称 --role 角色";
    API_METHOD = "API-METHOD", Error, "this address does not take that method", "此地址不支持该方法", "use one of those that the field Allow names", "请使用 Allow 字段列出的方法";
    API_FAULT = "API-FAULT", Error, "the node made a mistake: {0}", "节点内部错误：{0}", "report it with what was asked; other requests are not affected", "请附上请求内容反馈；其他请求不受影响";
    API_TOO_LARGE = "API-TOO_LARGE", Error, "the body has more than {0} bytes", "请求体超过 {0} 字节", "send less at a time", "请分批发送";
    API_STALLED = "API-STALLED", Error, "nothing more of the body came for {0} seconds", "请求体在 {0} 秒内没有后续内容", "check the connection and send it again", "请检查连接后重新发送";
    PLAIN_HTTP = "NODE-PLAIN_HTTP", Error, "{0} is reached by others than this machine, and without TLS everybody on the way reads along", "{0} 可被其他机器访问，未启用 TLS 时沿途均可窃读", "name a certificate under [tls] in config.toml, or set allow_plain = true under [http] behind a proxy that has one", "请在 config.toml 的 [tls] 中指定证书；若由代理提供 TLS，可在 [http] 中设 allow_plain = true";
    CERTIFICATE = "NODE-CERTIFICATE", Error, "{0} is no good for TLS: {1}", "{0} 不能用于 TLS：{1}", "name files in PEM: the certificate with those above it, and its own private key", "请指定 PEM 文件：证书及其上级证书链，以及对应的私钥";
    ACCOUNT_UNKNOWN = "NODE-ACCOUNT_UNKNOWN", Error, "there is no account {0}, or it is revoked already", "没有账户 {0}，或已被撤销", "see suyuan node account list", "请查看 suyuan node account list";
    NO_HTTPS = "NODE-NO_HTTPS", Error, "this command does not speak https: {0}", "此命令不支持 https：{0}", "run it on the node's machine with http://127.0.0.1 and its port, or through a tunnel; curl speaks https", "请在节点所在机器上以 http://127.0.0.1 及端口运行，或通过隧道；curl 支持 https";
    REFUSED = "NODE-REFUSED", Error, "{0} refuses: {1}, {2}", "{0} 拒绝：{1}，{2}", "see the code in docs/CODES.md; an account's token is given with --token or SUYUAN_TOKEN", "请在 docs/CODES.md 查看该代码；账户令牌用 --token 或 SUYUAN_TOKEN 指定";
}
