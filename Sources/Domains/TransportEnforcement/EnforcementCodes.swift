import Kernel
import Ledgers
import Workflows

extension DictionaryName {
    package static let transportSubjectKind = DictionaryName("transportSubjectKind")
    package static let transportSubjectState = DictionaryName("transportSubjectState")
    package static let caseCategory = DictionaryName("caseCategory")
    package static let caseMajor = DictionaryName("caseMajor")
    package static let caseMeasure = DictionaryName("caseMeasure")
    package static let caseLevel = DictionaryName("caseLevel")
    package static let caseFlow = DictionaryName("caseFlow")
    package static let caseSource = DictionaryName("caseSource")
    package static let caseNode = DictionaryName("caseNode")
    package static let caseFinalState = DictionaryName("caseFinalState")
    package static let caseAccuracy = DictionaryName("caseAccuracy")
    package static let measureKind = DictionaryName("measureKind")
}

enum EnforcementCodes {
    private static let source = "requirements B1.1、B2.1"

    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .transportSubjectKind, "运输主体类别",
            [
                CodeItem("freight", "货运企业", "Freight company"), CodeItem("individual", "个体普户", "Individual carrier"), CodeItem("hazardous", "危运企业及车辆", "Dangerous goods"),
                CodeItem("passenger", "客运企业及车辆", "Passenger transport"), CodeItem("other", "其他", "Other"),
            ], source: source),
        DictionaryDeclaration(
            .transportSubjectState, "运输主体状态",
            [CodeItem("normal", "正常", "Normal"), CodeItem("hidden", "隐藏", "Hidden"), CodeItem("locked", "锁止", "Locked"), CodeItem("abnormal", "异常", "Abnormal")], source: source),
        // Their codes follow the ledgers of categories and measures (`CodeMirror`).
        DictionaryDeclaration(.caseCategory, "案件小类", [], source: source), DictionaryDeclaration(.caseMajor, "案件大类", [], source: source),
        DictionaryDeclaration(.caseMeasure, "处置措施", [], source: source),
        DictionaryDeclaration(.caseLevel, "类别层级", [CodeItem("major", "大类", "Major"), CodeItem("minor", "小类", "Minor")], source: source),
        DictionaryDeclaration(.caseFlow, "办理程序", [CodeItem("general", "一般程序", "General"), CodeItem("simple", "简易程序", "Simple")], source: "requirements B2.1.15（补）"),
        DictionaryDeclaration(
            .caseSource, "案件来源", [CodeItem("road", "道路执法", "Road"), CodeItem("third", "第三方移交", "Third party"), CodeItem("inspection", "监督检查移送", "Inspection")], source: source),
        DictionaryDeclaration(.caseNode, "案件环节", EnforcementCase.workflow.steps.map { CodeItem($0.name, $0.title, $0.name) }, source: source),
        DictionaryDeclaration(
            .caseFinalState, "案件最终状态",
            [
                CodeItem("running", "办理中", "Running"), CodeItem("archived", "已结案归档", "Archived"), CodeItem("dismissed", "不予立案或撤销", "Dismissed"),
                CodeItem("transferred", "移送上级部门", "Transferred"), CodeItem("cancelled", "已终止", "Cancelled"),
            ], source: source),
        DictionaryDeclaration(
            .caseAccuracy, "内容准确性", [CodeItem("accurate", "属实", "Accurate"), CodeItem("partly", "部分属实", "Partly"), CodeItem("wrong", "不属实", "Wrong")], source: source),
        DictionaryDeclaration(
            .measureKind, "措施类型",
            [
                CodeItem("recheck", "再次检查", "Check again"), CodeItem("warn", "警告", "Warning"), CodeItem("fine", "罚款", "Fine"), CodeItem("rectify", "责令整改", "Rectification"),
                CodeItem("suspend", "停业整顿", "Suspension"), CodeItem("revoke", "吊销许可", "Revocation"), CodeItem("police", "报送公安机关", "To the police"),
            ], source: "requirements B1.3.9、B2.1.9"),
    ]
}
