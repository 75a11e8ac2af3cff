import Alarms

/// D9.7.1 报警分级, D18.4.1: the two schemes an installation begins with. Both are edited on their pages.
enum GradingPresets {
    private static let timed: [AlarmCategory] = [.measured, .recognised]

    /// 五级 S/A/B/C/D: S and A are to be taken up within 3 minutes, the others within 10; looked at again every 10 minutes; A and S by telephone.
    static let fiveLevels = GradingScheme(
        "fiveLevels", "五级方案（S/A/B/C/D）",
        levels: [
            GradingLevel("S", "特别紧急", tone: "red", startWithin: 180, recheckEvery: 600, mustCall: true),
            GradingLevel("A", "紧急", tone: "orange", startWithin: 180, recheckEvery: 600, mustCall: true),
            GradingLevel("B", "重要", tone: "yellow", startWithin: 600, recheckEvery: 600),
            GradingLevel("C", "一般", tone: "blue", startWithin: 600, recheckEvery: 600), GradingLevel("D", "提醒", tone: "muted", startWithin: 600),
        ],
        rules: [
            GradingRule("提醒类：测试", "D", traits: ["testing"]), GradingRule("提醒类：停用", "D", traits: ["disused"]), GradingRule("提醒类：存疑", "D", traits: ["doubtful"]),
            GradingRule("提醒类", "D", categories: [.notice]), GradingRule("异常工况授权点位", "S", traits: ["abnormalAuthorised"]),
            GradingRule("视频明火", "S", categories: [.recognised], traits: ["fire"]), GradingRule("视频烟雾", "S", categories: [.recognised], traits: ["smoke"]),
            GradingRule("重大危险源高高报", "S", categories: [.measured], traits: ["majorHazard", "highHigh"]),
            GradingRule("危险工艺高高报", "S", categories: [.measured], traits: ["hazardousProcess", "highHigh"]),
            GradingRule("重大危险源高报", "A", categories: [.measured], traits: ["majorHazard", "high"]),
            GradingRule("危险工艺高报", "A", categories: [.measured], traits: ["hazardousProcess", "high"]), GradingRule("高高报", "A", categories: [.measured], traits: ["highHigh"]),
            GradingRule("高报", "B", categories: [.measured], traits: ["high"]), GradingRule("低低报", "B", categories: [.measured], traits: ["lowLow"]),
            GradingRule("低报", "C", categories: [.measured], traits: ["low"]), GradingRule("非动态：证件、报告、计划", "C", categories: [.dated]),
            GradingRule("其余按基本等级：特别严重", "S", grades: [4]), GradingRule("其余按基本等级：严重", "A", grades: [3]), GradingRule("其余按基本等级：较重", "B", grades: [2]),
        ], otherwise: "C", timed: timed, isLeading: true)

    /// 四级 A–D, beside it.
    static let fourLevels = GradingScheme(
        "fourLevels", "四级方案（A/B/C/D）",
        levels: [
            GradingLevel("A", "一级", tone: "red", startWithin: 180, recheckEvery: 600, mustCall: true), GradingLevel("B", "二级", tone: "orange", startWithin: 600, recheckEvery: 600),
            GradingLevel("C", "三级", tone: "yellow", startWithin: 600), GradingLevel("D", "四级", tone: "blue", startWithin: 600),
        ],
        rules: [
            GradingRule("违规特殊作业", "A", traits: ["illegalWork"]), GradingRule("重大危险源高高报", "A", traits: ["majorHazard", "highHigh"]),
            GradingRule("危险工艺高高报", "A", traits: ["hazardousProcess", "highHigh"]), GradingRule("其他区域高高报", "B", traits: ["highHigh"]), GradingRule("全部高报", "B", traits: ["high"]),
            GradingRule("设备离线", "C", categories: [.equipment]), GradingRule("证照、检验超期", "C", categories: [.dated]),
        ], otherwise: "D", timed: timed)

    static let all = [fiveLevels, fourLevels]
}
