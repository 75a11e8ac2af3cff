import Kernel
import Ledgers

extension DictionaryName {
    static let projectState = DictionaryName("projectState")
    static let recipientKind = DictionaryName("recipientKind")
    static let watchedKind = DictionaryName("watchedKind")
    static let alarmLevelCode = DictionaryName("alarmLevelCode")
    static let newsKind = DictionaryName("newsKind")
    static let newsState = DictionaryName("newsState")
    static let knowledgeKind = DictionaryName("knowledgeKind")
    static let releaseResult = DictionaryName("releaseResult")
    static let inspectionCycle = DictionaryName("inspectionCycle")
    static let inspectedPart = DictionaryName("inspectedPart")
    static let inspectionResult = DictionaryName("inspectionResult")
}

/// Code tables of the operating office (D9.13, D9.14).
enum OperationCodes {
    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .projectState, "项目状态",
            [
                CodeItem("planned", "立项", "Planned"), CodeItem("running", "实施中", "Running"), CodeItem("accepted", "已验收", "Accepted"), CodeItem("stopped", "终止", "Stopped"),
            ], source: "requirements D9.14.1（补）"),
        DictionaryDeclaration(
            .recipientKind, "接收人类型",
            [
                CodeItem("park", "园区监管类", "Park"), CodeItem("principal", "主要负责人类", "Principal"), CodeItem("director", "安全总监类", "Safety director"),
                CodeItem("officer", "安全员类", "Safety officer"), CodeItem("special", "特殊类", "Special"),
            ], source: "requirements D9.7.2、D9.14.3"),
        DictionaryDeclaration(
            .watchedKind, "监测类型",
            [
                CodeItem("measured", "传感器", "Measured"), CodeItem("recognised", "视频识别", "Video"), CodeItem("dated", "证照与计划到期", "Dated"),
                CodeItem("equipment", "设备", "Equipment"), CodeItem("conduct", "行为与其他", "Conduct"), CodeItem("notice", "提醒", "Notice"),
            ], source: "requirements D9.14.3"),
        DictionaryDeclaration(
            .alarmLevelCode, "报警级别", ["S", "A", "B", "C", "D"].map { CodeItem($0, "\($0) 级", "Level \($0)") }, source: "requirements D9.7.1"),
        DictionaryDeclaration(
            .newsKind, "资讯类型",
            [
                CodeItem("policy", "政策法规", "Policy"), CodeItem("park", "园区动态", "Park"), CodeItem("safety", "安全提示", "Safety"), CodeItem("notice", "公示公告", "Public notice"),
            ], source: "requirements D9.14.5"),
        DictionaryDeclaration(
            .newsState, "资讯状态", [CodeItem("draft", "草稿", "Draft"), CodeItem("published", "已发布", "Published"), CodeItem("offline", "已下线", "Offline")],
            source: "requirements D9.14.5"),
        DictionaryDeclaration(
            .knowledgeKind, "知识分类", [CodeItem("plan", "预案", "Plans"), CodeItem("case", "案例", "Cases"), CodeItem("knowledge", "知识", "Knowledge"), CodeItem("law", "法规", "Laws")],
            source: "requirements D9.14.6"),
        DictionaryDeclaration(
            .releaseResult, "发布结果", [CodeItem("planned", "待发布", "Planned"), CodeItem("done", "成功", "Done"), CodeItem("undone", "回退", "Rolled back")],
            source: "requirements D9.13.2"),
        DictionaryDeclaration(
            .inspectionCycle, "巡检周期",
            [CodeItem("day", "每日", "Daily"), CodeItem("week", "每周", "Weekly"), CodeItem("month", "每月", "Monthly"), CodeItem("quarter", "每季", "Quarterly")],
            source: "requirements D9.13.3"),
        DictionaryDeclaration(
            .inspectedPart, "巡检对象",
            [
                CodeItem("modules", "功能模块", "Modules"), CodeItem("enterprise", "企业端", "Enterprise"), CodeItem("mobile", "手机端", "Mobile"), CodeItem("push", "报警推送", "Pushes"),
                CodeItem("third", "第三方系统", "Third parties"),
            ], source: "requirements D9.13.3"),
        DictionaryDeclaration(
            .inspectionResult, "巡检结果", [CodeItem("normal", "正常", "Normal"), CodeItem("abnormal", "异常", "Abnormal")], source: "requirements D9.13.3"),
    ]
}
