//! Codes of the command line.

pub mod alarm;
pub mod epcis;
pub mod node;

suyuan_epcis::codes! {
    NOT_FOUND = "CLI-NOT_FOUND", Error, "there is no such file or folder", "没有此文件或文件夹", "check the spelling, and the folder you are in", "请检查路径拼写和当前所在文件夹";
    NOT_PERMITTED = "CLI-NOT_PERMITTED", Error, "no permission to read it", "没有读取权限", "ask its owner for the right to read it, or run as a user who has it", "请向所有者申请读取权限，或换用有权限的用户";
    CANNOT_READ = "CLI-CANNOT_READ", Error, "cannot be read: {0}", "无法读取：{0}", "check the disk or the program the data comes from, then try again", "请检查磁盘或提供数据的程序，然后重试";
    CANNOT_SPOOL = "CLI-CANNOT_SPOOL", Error, "what comes in cannot be kept in a temporary file in {0}: {1}", "无法将输入内容暂存到 {0} 中的临时文件：{1}", "set TMPDIR to a folder that exists, may be written and has space left, or name a file instead of -", "请将 TMPDIR 设为存在、可写且有剩余空间的文件夹，或指定文件而不用 -";
    CANNOT_WRITE = "CLI-CANNOT_WRITE", Error, "cannot be written: {0}", "无法写入：{0}", "check that the folder exists, may be written and has space left", "请检查文件夹是否存在、可写且有剩余空间";
    NO_DOCUMENTS = "CLI-NO_DOCUMENTS", Error, "this folder and those below hold no file named .json, .jsonld, .ndjson or .xml", "此文件夹及其子文件夹中没有 .json、.jsonld、.ndjson 或 .xml 文件", "name another folder, or the files themselves", "请指定其他文件夹，或直接指定文件";
    STDIN_TWICE = "CLI-STDIN_TWICE", Error, "standard input (-) is named twice, but can be read once", "标准输入（-）被指定了两次，但只能读取一次", "keep one -", "请只保留一个 -";
    ONE_DOCUMENT = "CLI-ONE_DOCUMENT", Error, "this is a folder; one document is converted at a time", "这是文件夹；一次只转换一个文档", "name one file, or - for standard input", "请指定一个文件，或用 - 表示标准输入";
    SAME_FILE = "CLI-SAME_FILE", Error, "the output would replace the document being read", "输出会覆盖正在读取的文档", "give --output another name", "请为 --output 指定其他文件名";
    HASHED_WITH_ERRORS = "CLI-HASHED_WITH_ERRORS", Warning, "{0} hashed in spite of errors; other software may give another hash, or refuse", "已为 {0}计算哈希，但其中含有错误；其他软件可能算出不同结果或拒收", "see what they are: suyuan epcis validate {1}", "查看错误：suyuan epcis validate {1}";
    LEFT_OUT = "CLI-LEFT_OUT", Error, "{0} left out of the output: {1}", "输出中略去了 {0}：{1}", "correct what is said above and convert again", "请按上述提示更正后重新转换";
    KEPT_AS_WRITTEN = "CLI-KEPT_AS_WRITTEN", Warning, "{0} kept as written, the first {1}: {2}", "{0}保持原样，首个为 {1}：{2}", "nothing is lost: both forms name the same thing", "信息没有丢失：两种形式指同一对象";
    UNKNOWN_OPTION = "CLI-UNKNOWN_OPTION", Error, "unknown option {0}{1}", "未知选项 {0}{1}", "see {2}", "参见 {2}";
    UNKNOWN_COMMAND = "CLI-UNKNOWN_COMMAND", Error, "unknown command {0}{1}", "未知命令 {0}{1}", "see {2}", "参见 {2}";
    NO_VALUE = "CLI-NO_VALUE", Error, "{0} needs a value", "{0} 需要一个值", "{1}see {2}", "{1}参见 {2}";
    WRONG_VALUE = "CLI-WRONG_VALUE", Error, "\"{0}\" is no value of {1}", "“{0}”不是 {1} 的有效值", "give one of: {2}", "可选值：{2}";
    MISSING_ARGUMENT = "CLI-MISSING_ARGUMENT", Error, "{0} is missing", "缺少 {0}", "see {1}", "参见 {1}";
    GIVEN_TWICE = "CLI-GIVEN_TWICE", Error, "{0} is given twice", "{0} 重复给出", "give it once; see {1}", "请只给出一次；参见 {1}";
    NO_UNICODE = "CLI-NO_UNICODE", Error, "an argument that must be text is not valid UTF-8", "某个应为文本的参数不是有效的 UTF-8", "write it again, in a terminal set to UTF-8", "请在 UTF-8 终端中重新输入";
    WRONG_USE = "CLI-WRONG_USE", Error, "these arguments do not fit together", "参数用法不正确", "see {0}", "参见 {0}";
}
