import Kernel
import Ledgers

extension DictionaryName {
    package static let gridLevel = DictionaryName("gridLevel")
    package static let gridOfficerKind = DictionaryName("gridOfficerKind")
    package static let gridFunction = DictionaryName("gridFunction")
}

enum GridCodes {
    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .gridLevel, "网格级别", [CodeItem("1", "大网格", "First level"), CodeItem("2", "二级网格", "Second level"), CodeItem("3", "三级及以下网格", "Below")],
            source: "requirements B1.3.1"),
        DictionaryDeclaration(
            .gridOfficerKind, "网格人员类别", [CodeItem("inspector", "检查人员", "Inspector"), CodeItem("enforcement", "执法人员", "Enforcement officer")],
            source: "requirements B1.3.2、B2.2.2"),
        DictionaryDeclaration(
            .gridFunction, "工作职能",
            [
                CodeItem("patrol", "日常巡查", "Patrol"), CodeItem("environment", "生态环境监管", "Environment"), CodeItem("safety", "安全生产监管", "Safety"),
                CodeItem("transport", "交通运输监管", "Transport"), CodeItem("enforcement", "综合执法", "Enforcement"), CodeItem("collection", "信息采集", "Data collection"),
            ], source: "requirements B1.3.2、B2.2.2（补）"),
    ]
}
