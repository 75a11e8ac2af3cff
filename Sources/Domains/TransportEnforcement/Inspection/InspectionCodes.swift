import Kernel
import Ledgers

extension DictionaryName {
    package static let mainResponsibility = DictionaryName("mainResponsibility")
    package static let inspectionItem = DictionaryName("inspectionItem")
    package static let transportIndustry = DictionaryName("transportIndustry")
    package static let itemGroup = DictionaryName("itemGroup")
    package static let inspectionKind = DictionaryName("inspectionKind")
    package static let inspectionResult = DictionaryName("inspectionResult")
    package static let pendingOrigin = DictionaryName("pendingOrigin")
    package static let pendingState = DictionaryName("pendingState")
    package static let inspectionStage = DictionaryName("inspectionStage")
    package static let inspectionFinal = DictionaryName("inspectionFinal")
    package static let campaignKind = DictionaryName("campaignKind")
    package static let campaignState = DictionaryName("campaignState")
    package static let taskUrgency = DictionaryName("taskUrgency")
    package static let taskNode = DictionaryName("taskNode")
    package static let checkinKind = DictionaryName("checkinKind")
    package static let transportEquipmentKind = DictionaryName("transportEquipmentKind")
}

enum InspectionCodes {
    private static let source = "requirements B1.1、B1.3"

    /// 企业安全生产十六项主体责任; the tender names their number, not their words （补）.
    static let responsibilities = [
        "全员安全生产责任制", "安全生产管理机构与人员", "安全生产规章制度", "安全操作规程", "安全生产投入", "安全教育培训", "从业人员资格管理", "车辆技术管理", "车辆动态监控", "风险分级管控", "隐患排查治理", "安全例会与检查", "相关方与挂靠管理", "职业健康与劳动防护",
        "应急预案与演练", "事故报告与处理",
    ]

    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .mainResponsibility, "企业安全生产主体责任", responsibilities.enumerated().map { CodeItem(String($0.offset + 1), $0.element, "Responsibility \($0.offset + 1)") },
            source: "requirements B1.1.3（补）"),
        // Their codes follow the ledgers (`CodeMirror`).
        DictionaryDeclaration(.inspectionItem, "监督检查项", [], source: source), DictionaryDeclaration(.transportIndustry, "运输行业", [], source: source),
        DictionaryDeclaration(
            .itemGroup, "检查项分组",
            [
                CodeItem("base", "基础管理", "Management"), CodeItem("person", "从业人员", "People"), CodeItem("vehicle", "车辆", "Vehicles"), CodeItem("site", "经营场所", "Premises"),
                CodeItem("special", "特种事项与设备", "Special"),
            ], source: source),
        DictionaryDeclaration(
            .inspectionKind, "检查类型",
            [
                CodeItem("daily", "日常检查", "Daily"), CodeItem("random", "随机检查", "Random"), CodeItem("special", "特种检查", "Special"), CodeItem("recheck", "复查", "Check again"),
                CodeItem("campaign", "专项检查", "Campaign"),
            ],
            source: source),
        DictionaryDeclaration(
            .inspectionResult, "检查结果", [CodeItem("pass", "合格", "Pass"), CodeItem("fail", "不达标", "Fail"), CodeItem("ignore", "忽略", "Ignored")], source: source),
        DictionaryDeclaration(
            .pendingOrigin, "待查来由",
            [
                CodeItem("first", "首次检查", "First"), CodeItem("due", "到期再查", "Due"), CodeItem("failed", "不达标复查", "Failed"), CodeItem("random", "随机抽检", "Random"),
                CodeItem("campaign", "专项检查", "Campaign"), CodeItem("transfer", "流转", "Transferred"), CodeItem("equipment", "特种设备到期", "Equipment due"),
            ], source: source),
        DictionaryDeclaration(
            .pendingState, "待查状态",
            [CodeItem("open", "待查", "Open"), CodeItem("transferred", "流转中", "Transferred"), CodeItem("done", "已查", "Done"), CodeItem("cancelled", "已取消", "Cancelled")],
            source: source),
        DictionaryDeclaration(
            .inspectionStage, "措施阶段",
            [
                CodeItem("none", "无", "None"), CodeItem("recheck", "再次检查", "Check again"), CodeItem("penalty", "处罚", "Penalty"), CodeItem("rectify", "整改、停业整顿", "Suspension"),
                CodeItem("revoke", "吊销", "Revocation"),
            ],
            source: "requirements B1.3.9"),
        DictionaryDeclaration(
            .inspectionFinal, "最终状态",
            [
                CodeItem("passed", "合格", "Passed"), CodeItem("recheck", "待复查", "To be checked again"), CodeItem("decide", "待处置", "To be decided"),
                CodeItem("decided", "已处置", "Decided"),
            ],
            source: source),
        DictionaryDeclaration(
            .transportEquipmentKind, "运输特种设备种类",
            [
                CodeItem("tank", "罐式车辆罐体", "Tank"), CodeItem("cylinder", "车用气瓶", "Cylinder"), CodeItem("crane", "起重装卸机械", "Crane"),
                CodeItem("onSite", "场内专用机动车辆", "On-site vehicle"),
                CodeItem("lift", "电梯", "Lift"), CodeItem("vessel", "压力容器与管道", "Vessel"), CodeItem("other", "其他特种设备", "Other"),
            ], source: "requirements B1.1.6.5、《特种设备目录》（补）"),
        DictionaryDeclaration(
            .campaignKind, "专项类型",
            [CodeItem("regular", "定期检查", "Regular"), CodeItem("holiday", "节假日检查", "Holidays"), CodeItem("peak", "高峰期检查", "Peak"), CodeItem("special", "特殊时期检查", "Special period")],
            source: source),
        DictionaryDeclaration(
            .campaignState, "专项状态", [CodeItem("draft", "未下发", "Draft"), CodeItem("running", "进行中", "Running"), CodeItem("ended", "已结束", "Ended")], source: source),
        DictionaryDeclaration(
            .taskUrgency, "紧急程度", [CodeItem("normal", "一般", "Normal"), CodeItem("urgent", "紧急", "Urgent"), CodeItem("critical", "特急", "Critical")], source: "requirements B1.3.3"),
        DictionaryDeclaration(
            .taskNode, "任务环节",
            [CodeItem("execute", "待完成", "Execute"), CodeItem("confirm", "待确认", "Confirm"), CodeItem("finished", "已完成", "Finished"), CodeItem("withdrawn", "已撤回", "Withdrawn")],
            source: "requirements B1.3.3"),
        DictionaryDeclaration(
            .checkinKind, "签到类型",
            [CodeItem("on", "上班", "On duty"), CodeItem("off", "下班", "Off duty"), CodeItem("arrive", "到达主体", "Arrived"), CodeItem("out", "外出办事", "Out")],
            source: "requirements B1.3.6"),
    ]
}
