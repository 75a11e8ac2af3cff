import Kernel
import Ledgers

extension DictionaryName {
    package static let roadsideKind = DictionaryName("roadsideKind")
    package static let roadsideResult = DictionaryName("roadsideResult")
    package static let roadsideNoticeState = DictionaryName("roadsideNoticeState")
}

/// Code tables of inspections on the road.
enum RoadsideCodes {
    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(.roadsideKind, "路检业务类型", [CodeItem("roadside", "路检路查", "Roadside"), CodeItem("household", "入户抽测", "At an enterprise")], source: "requirements A5"),
        DictionaryDeclaration(.roadsideResult, "路检结论", [CodeItem("pass", "合格", "Passed"), CodeItem("fail", "不合格", "Failed")], source: "requirements A5"),
        DictionaryDeclaration(.roadsideNoticeState, "路检消息状态", [CodeItem("draft", "草稿", "Draft"), CodeItem("published", "已发布", "Published")], source: "requirements A-33"),
    ]
}
