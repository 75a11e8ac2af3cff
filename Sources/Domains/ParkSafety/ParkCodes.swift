import Kernel
import Ledgers

extension DictionaryName {
    package static let licenceKind = DictionaryName("licenceKind")
    package static let reviewState = DictionaryName("licenceReview")
    package static let certificateKind = DictionaryName("certificateKind")
    package static let equipmentKind = DictionaryName("specialEquipmentKind")
    package static let hazardReportKind = DictionaryName("hazardReportKind")
    package static let drillMode = DictionaryName("drillMode")
    package static let drillKind = DictionaryName("drillKind")
    package static let drillLevel = DictionaryName("drillLevel")
    package static let emergencyPlanKind = DictionaryName("emergencyPlanKind")
    package static let fireFacilityKind = DictionaryName("fireFacilityKind")
    package static let dangerSource = DictionaryName("hiddenDangerSource")
}

/// Code tables of the park's archives; an administrator adds to them on their page.
enum ParkCodes {
    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .licenceKind, "证照类型",
            [
                CodeItem("business", "营业执照", "Business licence"), CodeItem("registration", "危险化学品登记证", "Registration"), CodeItem("production", "安全生产许可证", "Production permit"),
                CodeItem("use", "危险化学品安全使用许可证", "Use permit"), CodeItem("trade", "危险化学品经营许可证", "Trade permit"),
                CodeItem("hazardFiling", "重大危险源备案登记表", "Major hazard filing"), CodeItem("standardization", "安全生产标准化证书", "Standardization"), CodeItem("other", "其他", "Other"),
            ], source: "requirements D1.2.10、D1.5.1"),
        DictionaryDeclaration(
            .reviewState, "审核状态", [CodeItem("pending", "待审", "Pending"), CodeItem("passed", "通过", "Passed"), CodeItem("returned", "退回", "Returned")],
            source: "requirements D1.2.10（补）"),
        DictionaryDeclaration(
            .certificateKind, "人员证书类型",
            [
                CodeItem("principal", "主要负责人安全生产知识和管理能力考核合格证", "Principal"), CodeItem("manager", "安全生产管理人员考核合格证", "Safety manager"),
                CodeItem("engineer", "注册安全工程师", "Safety engineer"), CodeItem("specialWork", "特种作业操作证", "Special work"),
                CodeItem("operator", "特种设备安全管理和作业人员证", "Equipment operator"), CodeItem("other", "其他", "Other"),
            ], source: "requirements D2.6.5、D2.6.8、D2.6.11"),
        DictionaryDeclaration(
            .equipmentKind, "特种设备种类",
            [
                CodeItem("1000", "锅炉", "Boiler"), CodeItem("2000", "压力容器", "Pressure vessel"), CodeItem("3000", "电梯", "Lift"), CodeItem("4000", "起重机械", "Crane"),
                CodeItem("5000", "场（厂）内专用机动车辆", "On-site vehicle"), CodeItem("8000", "压力管道", "Pressure pipe"), CodeItem("7000", "压力管道元件", "Pipe element"),
                CodeItem("F000", "安全附件", "Safety fitting"),
            ], source: "质检总局 2014 年第 114 号公告《特种设备目录》"),
        DictionaryDeclaration(
            .hazardReportKind, "评价评估报告类型",
            [
                CodeItem("design", "安全设施设计专篇", "Design"), CodeItem("pre", "安全预评价", "Pre-assessment"), CodeItem("acceptance", "安全验收评价", "Acceptance"),
                CodeItem("current", "安全现状评价", "Current state"), CodeItem("hazard", "重大危险源安全评估", "Major hazard"), CodeItem("hazop", "HAZOP 分析", "HAZOP"),
                CodeItem("sil", "SIL 等级评估", "SIL"), CodeItem("domino", "多米诺效应分析", "Domino"), CodeItem("spill", "风险外溢评估", "Risk spill"),
                CodeItem("reaction", "反应安全风险评估", "Reaction"), CodeItem("supervision", "专项督导检查问题隐患", "Supervision"),
            ], source: "requirements D2.9.1"),
        DictionaryDeclaration(
            .drillMode, "演练形式", [CodeItem("tabletop", "桌面演练", "Tabletop"), CodeItem("live", "实战演练", "Live")], source: "AQ/T 9007"),
        DictionaryDeclaration(
            .drillKind, "演练类型", [CodeItem("single", "单项演练", "Single"), CodeItem("comprehensive", "综合演练", "Comprehensive")], source: "AQ/T 9007"),
        DictionaryDeclaration(
            .drillLevel, "演练级别", [CodeItem("team", "班组", "Team"), CodeItem("workshop", "车间", "Workshop"), CodeItem("company", "公司", "Company"), CodeItem("park", "园区", "Park")],
            source: "requirements D6.8.1"),
        DictionaryDeclaration(
            .emergencyPlanKind, "预案类别",
            [CodeItem("overall", "综合应急预案", "Overall"), CodeItem("special", "专项应急预案", "Special"), CodeItem("scene", "现场处置方案", "On-scene")], source: "GB/T 29639"),
        DictionaryDeclaration(
            .fireFacilityKind, "消防设施类型",
            [
                CodeItem("hydrant", "消火栓系统", "Hydrant"), CodeItem("foam", "泡沫灭火系统", "Foam"), CodeItem("sprinkler", "自动喷水灭火系统", "Sprinkler"),
                CodeItem("gas", "气体灭火系统", "Gas"), CodeItem("alarm", "火灾自动报警系统", "Fire alarm"), CodeItem("pump", "消防泵房与水池", "Pump house"),
                CodeItem("monitor", "消防炮", "Monitor"), CodeItem("extinguisher", "灭火器材", "Extinguisher"),
            ], source: "GB 25201"),
        DictionaryDeclaration(
            .dangerSource, "隐患来源",
            [
                CodeItem("self", "企业自查", "Self"), CodeItem("park", "园区检查", "Park"), CodeItem("city", "市级交叉检查", "City"), CodeItem("province", "省部级督查", "Province"),
                CodeItem("enforcement", "执法检查", "Enforcement"), CodeItem("work", "特殊作业", "Special work"),
            ], source: "requirements 实体 HiddenDanger"),
    ]
}
