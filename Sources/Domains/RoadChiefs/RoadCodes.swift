import Kernel
import Ledgers

extension DictionaryName {
    package static let roadChiefLevel = DictionaryName("roadChiefLevel")
    package static let roadTaskKind = DictionaryName("roadTaskKind")
    package static let roadTaskState = DictionaryName("roadTaskState")
    package static let roadLateReason = DictionaryName("roadLateReason")
    package static let roadReportState = DictionaryName("roadReportState")
    package static let roadProblemState = DictionaryName("roadProblemState")
    package static let roadAppealKind = DictionaryName("roadAppealKind")
    package static let roadBonusKind = DictionaryName("roadBonusKind")
    package static let roadMediaLevel = DictionaryName("roadMediaLevel")
    package static let roadPatrolState = DictionaryName("roadPatrolState")
    package static let appraisalTrigger = DictionaryName("appraisalTrigger")
    package static let appraisalSection = DictionaryName("appraisalSection")
}

enum RoadCodes {
    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .roadChiefLevel, "路长级别", [CodeItem("1", "区级路长", "District"), CodeItem("2", "街道级路长", "Street"), CodeItem("3", "社区级路长", "Community")],
            source: "requirements B3.1.2.2"),
        DictionaryDeclaration(
            .roadTaskKind, "交办任务类型",
            [
                CodeItem("special", "专项督查", "Special inspection"), CodeItem("quarterly", "季度检查", "Quarterly inspection"), CodeItem("superior", "上级抄告", "From above"),
                CodeItem("command", "指挥中心抄告", "From the command centre"), CodeItem("coordination", "协调保障", "Coordination"), CodeItem("petition", "信访投诉", "Petition"),
            ], source: "requirements B3.1.3.1"),
        DictionaryDeclaration(
            .roadTaskState, "交办任务状态",
            [
                CodeItem("todo", "待处理", "To do"), CodeItem("review", "待复查", "In review"), CodeItem("rework", "复查未通过", "Not passed"), CodeItem("done", "已办结", "Done"),
                CodeItem("cancelled", "已撤回", "Cancelled"),
            ], source: "requirements B3.4.3"),
        DictionaryDeclaration(
            .roadLateReason, "任务超期原因",
            [
                CodeItem("weather", "天气影响", "Weather"), CodeItem("owner", "产权单位未配合", "Owner did not cooperate"), CodeItem("means", "资金或材料不到位", "Means"),
                CodeItem("people", "人员不足", "People"), CodeItem("unknown", "接收不及时", "Seen late"), CodeItem("other", "其他", "Other"),
            ], source: "requirements B3.4.7（补）"),
        DictionaryDeclaration(
            .roadReportState, "报送状态",
            [
                CodeItem("review", "等待复核", "In review"), CodeItem("rework", "退回整改", "Returned"), CodeItem("done", "复核通过", "Passed"),
                CodeItem("refused", "复核未通过", "Not passed"), CodeItem("cancelled", "已撤回", "Withdrawn"),
            ], source: "requirements B3.4.4"),
        DictionaryDeclaration(
            .roadProblemState, "道路问题状态", [CodeItem("open", "未处理", "Open"), CodeItem("done", "已处理", "Handled"), CodeItem("cancelled", "已撤回", "Withdrawn")],
            source: "requirements B3.4.6"),
        DictionaryDeclaration(
            .roadAppealKind, "申诉事由",
            [CodeItem("overdue", "任务超期", "Overdue task"), CodeItem("failed", "复查未通过", "Review not passed"), CodeItem("lateReport", "应急上报超时", "Late report")],
            source: "requirements B3.1.3.4"),
        DictionaryDeclaration(.roadBonusKind, "加分项目类别", [CodeItem("article", "录用稿件", "Article"), CodeItem("innovation", "创新举措", "Innovation")], source: "requirements B3.1.3.5"),
        DictionaryDeclaration(
            .roadMediaLevel, "媒体级别",
            [CodeItem("national", "国家级", "National"), CodeItem("province", "省级", "Province"), CodeItem("city", "市级", "City"), CodeItem("district", "区级", "District")],
            source: "requirements B3.1.3.5"),
        DictionaryDeclaration(
            .roadPatrolState, "巡查状态",
            [CodeItem("pending", "待巡查", "Pending"), CodeItem("running", "巡查中", "Under way"), CodeItem("done", "已巡查", "Done"), CodeItem("missed", "漏巡", "Missed")],
            source: "requirements B3.2.2、B3.4.3.1"),
        DictionaryDeclaration(
            .appraisalTrigger, "考核细则触发方式",
            [
                CodeItem("manual", "人工录入", "By hand"), CodeItem("shortRounds", "巡检次数不足（每次）", "Too few rounds"), CodeItem("missedRoad", "漏巡道路（每条次）", "Missed road"),
                CodeItem("overdueTask", "交办任务超期（每件）", "Overdue task"), CodeItem("failedReview", "复查未通过（每件）", "Review not passed"),
                CodeItem("lateReport", "应急问题上报超时（每件）", "Late report"), CodeItem("articleNational", "国家级媒体录用（每篇）", "National article"),
                CodeItem("articleProvince", "省级媒体录用（每篇）", "Provincial article"), CodeItem("articleCity", "市级媒体录用（每篇）", "City article"),
                CodeItem("articleDistrict", "区级媒体录用（每篇）", "District article"), CodeItem("innovation", "创新举措（每项）", "Innovation"),
            ], source: "requirements B3.2.1 … B3.2.4"),
        DictionaryDeclaration(
            .appraisalSection, "考核部分",
            [
                CodeItem("daily", "日常考核", "Daily"), CodeItem("business", "业务考核", "Business"), CodeItem("emergency", "应急问题", "Emergencies"),
                CodeItem("bonus", "加分项目", "Bonus"), CodeItem("refund", "申诉返还", "Appeals"),
            ], source: "requirements B3.2"),
    ]
}
