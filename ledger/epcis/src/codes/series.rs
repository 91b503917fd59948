//! Codes for series of readings. `{0}` is a time, or what was found.

use super::codes;

codes! {
    ROOT = "SERIES-ROOT", Error, "the readings are not those whose root was recorded", "这些读数不是其根已被记录的读数", "ask whoever recorded it for the readings as the logger wrote them; if they still differ, they were changed after they were recorded", "请向记录方索取记录仪原始读数；若仍不符，则读数在记录后被更改";
    COUNT = "SERIES-COUNT", Error, "the record says {0} readings, the series has {1}", "记录称有 {0} 个读数，序列有 {1} 个", "ask whoever recorded it; a wrong record is declared erroneous and recorded anew", "请询问记录方；错误的记录应声明作废并重新记录";
    ORDER = "SERIES-ORDER", Error, "the reading of {0} is not later than the one before", "{0} 的读数不晚于前一个读数", "put the readings of one logger in the order of their times, each once", "请将同一记录仪的读数按时间先后排列，每个时间一次";
    GAP = "SERIES-GAP", Error, "from {0} to {1} there is no reading, which is more than twice the interval, and the record declares no gap", "{0} 至 {1} 无读数，超过间隔的两倍，且记录未声明中断", "ask whoever carried it what happened then; a logger that stood still is declared with suyuan:gaps", "请向承运方询问当时情况；记录仪中断应以 suyuan:gaps 声明";
    GAP_DECLARED = "SERIES-GAP_DECLARED", Warning, "from {0} to {1} the logger stood still, as the record declares", "{0} 至 {1} 记录仪中断，记录已声明", "ask whoever carried it how it was kept in that time", "请向承运方询问该时段的保管情况";
    NO_GAP = "SERIES-NO_GAP", Error, "the record declares a gap from {0} to {1}, and there is a reading at {2}", "记录声明 {0} 至 {1} 中断，但 {2} 有读数", "ask whoever recorded it; a gap is from the last reading before it to the first one after it", "请询问记录方；中断应为其前最后一个读数至其后第一个读数";
    NUMBER = "SERIES-NUMBER", Error, "from the departure to the arrival {0} readings are due, but for gaps that are declared; the series has {1}", "自出发至到达应有 {0} 个读数（已声明的中断除外），序列有 {1} 个", "ask to be shown all of them", "请要求出示全部读数";
    LACKS = "SERIES-LACKS", Warning, "the record does not say {0}: gaps can't be told", "记录未说明 {0}：无法判断中断", "ask whoever recorded it", "请询问记录方";
    UNUSABLE = "SERIES-UNUSABLE", Error, "what the record says under {0} is of no use", "记录中 {0} 的内容无法使用", "ask whoever recorded it; a wrong record is declared erroneous and recorded anew", "请询问记录方；错误的记录应声明作废并重新记录";
    OWN = "SERIES-OWN", Error, "the readings in the event itself are not those whose root it records", "事件自带的读数不是其所记录根的读数", "believe those that are shown: they lead to the root", "以所出示的读数为准：其通向该根";
    NOT_SHOWN = "SERIES-NOT_SHOWN", Error, "from {0} to {1} not all is shown: the part has readings from {2} to {3}", "{0} 至 {1} 未全部出示：所出示读数为 {2} 至 {3}", "ask for that time (suyuan series show --from --to)", "请索取该时段的读数（suyuan series show --from --to）";
    WITHDRAWN = "SERIES-WITHDRAWN", Error, "its author has declared the record erroneous", "其作者已声明该记录有误", "ask for the record that is in its place", "请索取替代的记录";
    BEYOND = "SERIES-BEYOND", Error, "the reading of {0}, {1} °C, is not between the lowest and the highest that the record names", "{0} 的读数 {1} °C 不在记录所称最低与最高之间", "believe the reading: its root was recorded", "以读数为准：其根已被记录";
    UNREAD = "SERIES-UNREAD", Error, "the record names {0} °C as lowest or highest, and no reading is that", "记录称 {0} °C 为最低或最高，但无此读数", "believe the readings: their root was recorded", "以读数为准：其根已被记录";
    NOT_SAID = "SERIES-NOT_SAID", Error, "{0} says nothing of a series: it is no record of a carriage (F8.TRANSPORT, D6)", "{0} 未涉及读数序列：不是运输记录（F8.TRANSPORT、D6）", "name the event that records the carriage; suyuan trace --history lists a thing's events", "请指明记录运输的事件；suyuan trace --history 列出物品的事件";
    NO_EVENT = "SERIES-NO_EVENT", Error, "there is no event {0}", "没有编号为 {0} 的事件", "compare the id; one whose content is erased can't be checked", "请核对编号；内容已删除的事件无法核对";
    SEVERAL_EVENTS = "SERIES-SEVERAL_EVENTS", Error, "there are several events {0}", "有多个编号为 {0} 的事件", "read them (GET /epcis/events?EQ_eventID=…), and check the one that is meant with --document", "请读取全部（GET /epcis/events?EQ_eventID=…），再以 --document 核对所指事件";
    NO_ROOT = "SERIES-NO_ROOT", Error, "{0} records no root of its readings: what is shown can't be compared with anything", "{0} 未记录读数的根：无从比对", "check the event's own readings, without --part", "请检查事件自带的读数，不用 --part";
    NO_READINGS = "SERIES-NO_READINGS", Error, "{0} has no readings of its own", "{0} 不含读数", "ask its author for some (suyuan series show), and give them with --part", "请向其记录方索取（suyuan series show），并以 --part 给出";
    FILE = "SERIES-FILE", Error, "these are no readings: {0}", "这些不是读数：{0}", "write CSV with the columns time and celsius, one reading a line, each later than the one before: 2026-09-14T06:30:00+08:00,4.5", "请写成含 time 与 celsius 两列的 CSV，每行一个读数，时间递增：2026-09-14T06:30:00+08:00,4.5";
    PART = "SERIES-PART", Error, "this is no part of a series: {0}", "这不是序列的一部分：{0}", "make it with suyuan series show", "请用 suyuan series show 生成";
}
