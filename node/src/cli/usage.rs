//! Reads the arguments, and says in either language what is wrong with them.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::{Place, Problem, Reason};

use super::arguments::Arguments;
use super::screen::problem_lines;
use super::text::pick;
use crate::codes;

/// Arguments that ask for nothing to be done, with the text to show instead.
#[derive(Debug)]
pub enum NotRun {
    /// Help or version, asked for.
    Shown(String),
    /// They are wrong.
    Wrong(String),
}

/// Reads the arguments.
pub fn parse(arguments: &[OsString], language: Language) -> Result<Arguments, NotRun> {
    let mut command = match language {
        Language::En => Arguments::command(),
        Language::Zh => chinese(Arguments::command(), ""),
    };
    let parsed = command
        .try_get_matches_from_mut(arguments.iter().cloned())
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => NotRun::Shown(error.to_string()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => NotRun::Wrong(error.to_string()),
        _ => {
            let reason = reason(&error, &command_path(&command, arguments), language);
            let problem = Problem { reason, place: Place::default() };
            NotRun::Wrong(problem_lines("suyuan", &problem, language))
        }
    })
}

fn reason(error: &clap::Error, command_path: &str, language: Language) -> Reason {
    let one = |kind| context(error, kind).join(", ");
    let see = format!("{command_path} --help");
    let (option, value) = (one(ContextKind::InvalidArg), one(ContextKind::InvalidValue));
    let suggestion = |kind| {
        let words = context(error, kind);
        match words.first() {
            None => String::new(),
            Some(word) => {
                format!("{}{word}{}", pick(language, " (did you mean ", "（是否想写 "), pick(language, "?)", "？）"))
            }
        }
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            Reason::new(codes::UNKNOWN_OPTION, &[&option, &suggestion(ContextKind::SuggestedArg), &see])
        }
        ErrorKind::InvalidSubcommand => Reason::new(
            codes::UNKNOWN_COMMAND,
            &[&one(ContextKind::InvalidSubcommand), &suggestion(ContextKind::SuggestedSubcommand), &see],
        ),
        ErrorKind::InvalidValue if value.is_empty() => {
            let values = one(ContextKind::ValidValue);
            let offer = match values.is_empty() {
                true => values,
                false => pick(language, "give one of: {}; ", "可选值：{}；").replace("{}", &values),
            };
            Reason::new(codes::NO_VALUE, &[&option, &offer, &see])
        }
        ErrorKind::InvalidValue => Reason::new(codes::WRONG_VALUE, &[&value, &option, &one(ContextKind::ValidValue)]),
        ErrorKind::MissingRequiredArgument => Reason::new(codes::MISSING_ARGUMENT, &[&option, &see]),
        ErrorKind::ArgumentConflict => Reason::new(codes::GIVEN_TWICE, &[&option, &see]),
        ErrorKind::InvalidUtf8 => Reason::new(codes::NO_UNICODE, &[]),
        _ => Reason::new(codes::WRONG_USE, &[&see]),
    }
}

/// The texts of one kind that an error carries.
fn context(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// The command that the arguments name, as far as there is one: `suyuan epcis hash`.
fn command_path(root: &Command, arguments: &[OsString]) -> String {
    let (mut command, mut path) = (root, root.get_name().to_owned());
    for word in arguments.iter().skip(1) {
        if let Some(below) = command.find_subcommand(word) {
            command = below;
            path.push(' ');
            path.push_str(below.get_name());
        }
    }
    path
}

// ---- help in Chinese ----

/// What commands do, by their path.
const ABOUT_ZH: &[(&str, &str)] = &[
    ("", "产品溯源：标识、事件、哈希"),
    ("id", "标识：GS1 标识键、EPC URN、数字链接、各类登记代码"),
    ("id parse", "说明标识的种类及其他形式；若有无效标识，退出码为 1"),
    ("epcis", "EPCIS 文档：校验、哈希、转换"),
    ("epcis validate", "校验文档；若有无效文档，退出码为 1"),
    ("epcis hash", "按文档顺序逐行输出每个事件的哈希标识"),
    ("epcis convert", "将文档无损转换为另一种语法"),
    ("demo", "演示账本：录入内置情景、追溯并核对每项结果"),
    ("capture", "将 EPCIS 文档中的事件记入账本；若有被拒事件，退出码为 1"),
    ("trace", "查询对象的来源、去向或经历；若无记录，退出码为 1"),
    ("verify", "离线核验追溯证明或检查点；若不成立，退出码为 1"),
    ("query", "按 EPCIS 查询条件查找事件"),
    ("export", "导出记录内容"),
    ("alarms", "列出节点发现、运营者应知的情况；若有，退出码为 1"),
    ("fsck", "由区块重新计算账本；若不一致，列出首批差异，退出码为 1"),
    ("node", "创建并运行节点"),
    ("node init", "创建数据目录：密钥、配置、创世文件、空账本"),
    ("node run", "运行节点，直到收到停止信号"),
    ("node status", "显示运行中节点的状态、其验证节点与对等节点"),
    ("node backup", "复制数据目录，节点运行时亦可"),
    ("node restore", "将备份恢复为数据目录并检查；若有误或并非最新，退出码为 1"),
    ("node accept-loss", "放弃数据目录丢失的内容或备份之后的内容，使其可以写入"),
    ("node account", "节点账户：谁可以访问节点；凭令牌，不上账本"),
    ("node account add", "新建账户并输出其令牌；令牌不另行保存"),
    ("node account list", "列出账户"),
    ("node account revoke", "吊销账户：其令牌不再有效"),
    ("keygen", "生成密钥及其文件"),
    ("genesis", "创建和检查网络的创世文件"),
    ("genesis new", "由各单位及其密钥创建创世文件"),
    ("genesis check", "检查创世文件；若有误，退出码为 1"),
    ("org", "单位：登记、密钥准入与吊销、前缀绑定、委托"),
    ("org list", "列出单位、密钥和绑定"),
    ("org register", "登记 JSON 文件中的单位（运营方）"),
    ("org admit", "准入密钥文件中的公钥"),
    ("org retire", "停用密钥：其已签内容在数日内仍被接受"),
    ("org revoke", "吊销密钥：其签名不再被接受"),
    ("org bind", "将范围（如 prefix:9521001）绑定给所有者（运营方）"),
    ("org delegate", "在一定期限内将某范围内的权限委托给另一单位"),
    ("checkpoint", "写出最新检查点：已确认的区块头，及由创世验证节点推导至此的依据"),
    ("governance", "治理：验证节点、参数、规则、移除单位、提案与批准"),
    ("governance show", "显示由谁确认区块、适用何种规则及各项提案"),
    ("governance approve", "批准提案；批准的监管方足够时生效"),
    ("governance validator", "增加验证节点、调整其权重；权重为 0 则移除"),
    ("governance remove", "移除单位：其密钥自此失效"),
    ("governance parameters", "设置链的各项限额"),
    ("governance threshold", "设置须签署的监管方数量；0 表示运营方单独治理"),
    ("governance rules", "预定区块所适用的规则，至少提前 1,000 个区块"),
    ("governance table", "使信用计算所用的参数表自以后某日起生效"),
    ("credit", "企业信用：等级及其构成；若无记录，退出码为 1"),
    ("inspect-draw", "抽查：对企业名单作出承诺，查看抽中者"),
    ("inspect-draw commit", "承诺企业名单及各自等级的比例；一天后的首个区块决定抽中者"),
    ("inspect-draw show", "查看抽中者；任何人重新抽签结果相同"),
    ("credit record", "记录主管机关的检查与决定、承诺、异议、修复；若有被拒，退出码为 1"),
    ("credit publish", "以主管机关名义公布由记录推算出的等级"),
    ("credit remove", "请求所有节点删除已修复或期满的不利记录及其全部相关内容"),
    ("credit removals", "显示哪些机构已声明删除；若有设验证节点者未声明，退出码为 1"),
    ("credit overdue", "显示逾期事项：设备检验、召回、异议与修复步骤、监管提示、承诺；若有逾期，退出码为 1"),
    ("credit audit", "重新计算所有已公布的等级；若有与记录不符者，退出码为 1"),
    ("credit evaluate", "不需账本，评价文件中的事实：所得等级及各事实的影响"),
    ("import", "批量导入主管机关的信用记录；若有行被退回，退出码为 1"),
    ("equipment", "特种设备：下次检验期限；若有超期，退出码为 1"),
    ("recall", "企业的召回：客户确认与收回情况；若无，退出码为 1"),
    ("recalled", "物品所涉的召回，不论由谁召回；若不得销售、发药或继续发货，退出码为 1"),
    ("measures", "信用措施：已采取的，及主管机关清单中可适用的"),
    ("penalties", "近几个月的行政处罚：公示期内有多项的企业；若有，退出码为 1"),
    ("objection", "异议：对记录提出异议、办理、查看期限"),
    ("objection submit", "以企业名义对记录提出异议：免费；无新证据时限一次"),
    ("objection step", "以主管机关名义办理异议的下一步骤"),
    ("objection list", "列出企业办理中的异议；若有步骤逾期，退出码为 1"),
    ("repair", "信用修复：申请、办理、查看期限"),
    ("repair apply", "以企业名义申请信用修复"),
    ("repair step", "以主管机关名义办理修复的下一步骤"),
    ("repair list", "列出企业办理中的修复申请；若有步骤逾期，退出码为 1"),
    ("series", "记录仪读数：供记录使用的根、可出示的部分、与记录是否一致"),
    ("series root", "运输记录中关于读数的内容：根、数量、最低、最高、中断"),
    ("series show", "写出一段连续读数及通向根的哈希，供出示"),
    ("series check", "核对读数与运输记录；若不符，退出码为 1"),
    ("excursions", "物品的温度超限及其处置决定、能否使用；若不能使用，退出码为 1"),
    ("exceptions", "追溯码的使用异常：重复、注销后使用、出现在非预期单位；若有，退出码为 1"),
    ("contract", "合同：所负义务、现状与结果"),
    ("contract record", "记录当事方的约定、履行与受领及裁决；若有被拒，退出码为 1"),
    ("contract show", "显示合同现状；若不存在，退出码为 1"),
    ("contract list", "列出企业的合同"),
    ("codes", "以 Markdown 输出全部消息代码及其文本"),
];

/// What arguments mean, by their name, or by command and name where one means something else there.
const HELP_ZH: &[(&str, &str)] = &[
    ("lang", "消息语言：en 或 zh [默认：取自 LC_ALL、LC_MESSAGES 或 LANG]"),
    ("texts", "标识；含括号时请加引号，例如 '(01)09521001001014'"),
    ("json", "以 JSON 回答"),
    ("paths", "文件、文件夹（查找 .json、.jsonld、.ndjson、.xml），或 - 表示标准输入"),
    ("path", "文件，或 - 表示标准输入"),
    ("profile", "算法版本：cbv2.0-2025（默认）、cbv2.0-2026 或 cbv2.1-2026"),
    ("prehash", "在每个哈希之前一行输出被哈希的字符串"),
    ("to", "输出语法：json 或 xml"),
    ("epc", "将标识写成 GS1 数字链接（dl）或 EPC URN（urn）[默认：保持原样]"),
    ("output", "输出文件 [默认：标准输出]"),
    ("dir", "数据目录 [默认：SUYUAN_DIR，否则 ~/.local/share/suyuan]"),
    ("url", "节点地址 [默认：SUYUAN_URL]"),
    ("token", "该节点账户的令牌 [默认：SUYUAN_TOKEN]"),
    ("name", "账户名称，将写入节点的写入日志"),
    ("node account add role", "权限：reader（读）、writer（写）或 admin（管理）"),
    ("passphrase_file", "首行为口令的文件 [默认：SUYUAN_PASSPHRASE，否则询问]"),
    ("insecure", "使用或创建无口令的密钥文件：仅供演示"),
    ("port", "首个节点的端口（若空闲）[默认：8480]"),
    ("once", "演示结束即退出；仅当全部核对通过时退出码为 0"),
    ("keep", "演示结束后保持网络运行，直到按下回车；在终端上且无 --once 时即如此"),
    ("key", "用于签名的密钥文件 [默认：数据目录中的密钥]"),
    ("organisation", "单位的 URI"),
    ("draw", "抽查的名称；每次须不同"),
    ("firms_file", "企业名单文件，每行一个：URI、统一社会信用代码或 LEI；或 - 表示标准输入"),
    ("authority", "主管机关的 URI 或统一社会信用代码"),
    ("inspect-draw show draw", "仅此名称的抽查"),
    ("readings_file", "读数 CSV，含 time 与 celsius 两列；或 - 表示标准输入"),
    ("interval", "读数间隔的秒数"),
    ("from_time", "须全部出示的时段的起点，例如 2026-09-14T08:40:00+08:00"),
    ("to_time", "须全部出示的时段的终点"),
    ("event_id", "记录运输的事件编号"),
    ("part", "suyuan series show 写出的文件 [默认：事件自带的读数]"),
    ("document", "含有该事件的 EPCIS 文档：不询问账本"),
    ("rollback", "文档中只要有错误就不作任何记录"),
    ("recalled_anyway", "已被召回物品的销售、发药和发货也照实记录：事实已经发生"),
    ("group", "每次提交的事件数 [默认：500]"),
    ("subject", "EPC URN、数字链接、如 '(01)09521001001014(10)L1' 的元素串、药品追溯码、设备代码"),
    ("back", "由什么制成 [默认]"),
    ("forward", "成为了什么、去了哪里"),
    ("history", "经历了什么，包括在其他物品内时"),
    ("depth", "最多跟踪的关联层数 [默认：全部]"),
    ("proof", "用于保存“无遗漏”证明的文件"),
    ("dot", "用于保存追溯图（Graphviz）的文件"),
    ("proof_file", "证明、检查点或证据，分别由 suyuan trace --proof、suyuan checkpoint、suyuan alarms --evidence 写出"),
    ("trust", "所信任的创世文件、信任文件或检查点 [默认：数据目录的创世文件]"),
    ("trust_days", "所信任内容早于这些天数则拒绝"),
    ("pin", "检查点成立后写入的文件，此后作为信任起点"),
    ("checkpoint", "要写入的文件；已存在则替换"),
    ("conditions", "条件，例如 EQ_bizStep=shipping 或 MATCH_anyEPC=urn:epc:id:sscc:9521001.0000000001"),
    ("ndjson", "每行一个事件，而不是 EPCIS 查询文档"),
    ("format", "输出格式：ndjson"),
    ("genesis", "网络的创世文件 [默认：仅含一家单位的链]"),
    ("validator", "验证节点的密钥文件"),
    ("device", "节点自身设备的密钥文件，将被复制"),
    ("listen", "监听地址 [默认：config.toml 所列]"),
    ("audit", "仅监察：不投票、不录入；保存告警及其证据"),
    ("watch", "每秒刷新显示，按 q 或 Ctrl-C 退出"),
    ("evidence", "用于保存全部证据文件的文件夹，须尚不存在"),
    ("role", "用途：root、administrator、device（默认）或 node"),
    ("validators", "验证节点的密钥文件或其公开部分；每个节点一票"),
    ("threshold", "治理记录须由多少个监管方签署；0 表示运营方单独治理 [默认：0]"),
    ("network", "网络名称"),
    ("trial", "试验网络：其节点的时钟可由人设定（docs/operate/network.md），故其时间不作证明"),
    ("organisations", "单位的 JSON 列表，格式见 docs/ORGANISATIONS.md"),
    ("keys", "密钥文件或其公开部分（.pub），其公钥加入所列单位"),
    ("genesis_file", "创世文件"),
    ("governance", "作为治理记录：由监管方或运营方签署，适用于任何单位"),
    ("file", "文件"),
    ("proposal", "提案标识：64 位十六进制"),
    ("node", "节点公钥（64 位十六进制）或其密钥文件"),
    ("power", "权重"),
    ("reason", "原因"),
    ("authorities", "监管方数量"),
    ("rules", "规则编号"),
    ("from_height", "自此高度起"),
    ("table", "calendar、repair-policies、parameters、inspection-rates 或 equipment-intervals"),
    ("governance table file", "JSON 格式的参数表，格式见 docs/CREDIT.md"),
    ("governance table from", "自该日起适用：须晚于区块之日"),
    ("with_keys", "密钥文件，其公钥为该单位的首批密钥"),
    ("id", "密钥标识：64 位十六进制"),
    ("scope", "prefix:…、gtin:…、gln:…、drugCode:…、deviceMaker:… 或 uri:…"),
    ("owner", "单位的 URI"),
    ("strict", "只允许所有者及受托方在其下赋码"),
    ("until", "截止时间，例如 2027-01-01T00:00:00+08:00"),
    ("node backup to", "要写入的文件夹，须尚不存在"),
    ("node backup keys", "同时复制密钥文件"),
    ("node restore dir", "要创建的数据目录，须尚不存在"),
    ("from", "由 suyuan node backup 写成的备份 [默认：数据目录此前已恢复]"),
    ("newest", "各方所存此链的最新检查点：不早于它的目录可以写入"),
    ("firm", "企业：URI、统一社会信用代码或法人机构识别编码"),
    ("explain", "显示每项事实、其记录及对得分的影响"),
    ("at", "截至此高度 [默认：最新]"),
    ("weights", "适用权重：GENM、FOOD、DRUG、SPEQ、LOGI 或 TRAD [默认：以主管机关所定为准，否则为 GENM]"),
    ("day", "截至此日，YYYY-MM-DD，按已有记录计 [默认：最新区块之日]"),
    ("table_file", "CSV（首行为列名，与 docs/CREDIT.md 的成员同名）或 JSON（列表或每行一条）；或 - 表示标准输入"),
    (
        "row_type",
        "各行的类型（行内未注明时）：Licence、Penalty、Administrative、Listing、Falsification、Inspection、UnlicensedOperation、PublicScore、CustomsTier、CreditProfile、PledgeResult、Verification、Measure、Notice 或 NoticeDone",
    ),
    ("rejected", "用于保存被退回行的 CSV 文件：行号、代码、原因、原行"),
    ("user", "使用单位：URI、统一社会信用代码或法人机构识别编码 [默认：全部]"),
    ("overdue", "仅显示超期的"),
    ("recalling", "实施召回的企业：URI、统一社会信用代码或法人机构识别编码"),
    ("recall", "仅此标识的召回"),
    ("penalised", "企业：URI、统一社会信用代码或法人机构识别编码 [默认：全部]"),
    ("months", "近多少个月"),
    ("least", "至少有多少项的企业 [默认：2]"),
    ("target", "有误的记录：其哈希"),
    ("kind", "何处有误：identity（主体）、transcription（转录）、fact（事实）、expiry（期限）或 basis（依据）"),
    ("statement", "企业陈述的哈希"),
    ("objection submit evidence", "所提证据的哈希"),
    ("indicators", "对合同记录或事件记录中的哪些指标提出异议 [默认：全部]"),
    ("objection", "异议：其记录的哈希"),
    (
        "step",
        "步骤：accept（受理）、refuse（不予受理）、platform_check（平台核查）、provider_asked（已转提供单位）、provider_answer（提供单位答复）或 decide（决定）",
    ),
    ("repair step step", "步骤：accept（受理）、refuse（不予受理）、extend（延期）或 decide（决定）"),
    ("result", "决定：upheld（成立）、partly（部分成立）或 rejected（不成立）"),
    ("repair step result", "决定：repaired（予以修复）或 refused（不予修复）"),
    ("reasons", "理由的哈希"),
    ("targets", "不利记录的哈希"),
    ("pledge", "随附的信用承诺：其记录的哈希"),
    ("duties", "证明义务已全部履行的材料的哈希"),
    ("repair", "修复申请：其记录的哈希"),
    ("code", "单件物品或物流单元：EPC URN、数字链接、元素串、药品追溯码"),
    ("thing", "物品、批次或物流单元：EPC URN、数字链接、元素串、药品追溯码"),
    ("contract", "合同：其首条记录的哈希"),
    (
        "records_file",
        "JSON 文件，格式见文档（docs/CREDIT.md、docs/CONTRACT.md）：单条、列表或每行一条；或 - 表示标准输入",
    ),
    ("parameters", "模型参数，即已生效的参数表 [默认：程序自带的]"),
    ("facts_file", "JSON 文件，格式见 docs/CREDIT.md，或 - 表示标准输入"),
    ("epcis convert json", "以 JSON 说明所做的操作；需要 --output"),
];

fn look_up(table: &[(&'static str, &'static str)], key: &str) -> &'static str {
    table.iter().find(|(name, _)| *name == key).map_or("", |(_, text)| text)
}

/// The command at `path` and those below with their help in Chinese.
fn chinese(command: Command, path: &str) -> Command {
    let is_root = path.is_empty();
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项");
    let mut command = command
        .about(look_up(ABOUT_ZH, path))
        .subcommand_help_heading("命令")
        .help_template("{about}\n\n用法：{usage}\n\n{all-args}")
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "参数" } else { "选项" };
            let name = arg.get_id().as_str();
            let text = match look_up(HELP_ZH, &format!("{path} {name}")) {
                "" => look_up(HELP_ZH, name),
                own => own,
            };
            let takes_value = arg.get_action().takes_values();
            let arg = arg.help(text).help_heading(heading);
            if takes_value { arg.hide_default_value(true) } else { arg }
        })
        .disable_help_flag(true)
        .arg(help);
    if is_root {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command.disable_version_flag(true).arg(version.help("显示版本").help_heading("选项"));
    }
    command.mut_subcommands(|below| {
        let name = below.get_name().to_owned();
        let path = if is_root { name } else { format!("{path} {name}") };
        chinese(below, &path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: every command and argument has its help in Chinese. Method: walk them all.
    #[test]
    fn chinese_is_complete() {
        fn walk(command: &Command, path: &str) {
            assert!(!look_up(ABOUT_ZH, path).is_empty(), "{path}");
            for arg in command.get_arguments() {
                let name = arg.get_id().as_str();
                assert!(["help", "version"].contains(&name) || !look_up(HELP_ZH, name).is_empty(), "{name}");
            }
            for below in command.get_subcommands() {
                let path = format!("{path} {}", below.get_name());
                walk(below, path.trim());
            }
        }
        Arguments::command().debug_assert();
        chinese(Arguments::command(), "").debug_assert();
        walk(&Arguments::command(), "");
    }
}
