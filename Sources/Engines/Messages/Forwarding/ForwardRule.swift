import Kernel
import Storage

/// Which messages of applications are passed on to which other application. Source: requirements B5.3.1 “按规则推送到各业务应用，互联互通”.
package struct ForwardRule: Sendable, Equatable {
    package var id: Int64 = 0
    package var title: String
    /// Id of the application that says it; nil any.
    package var source: Int64?
    package var sourceName: String
    /// The least grade that is passed on.
    package var grade: MessageGrade
    /// Title or text must hold it; empty: everything.
    package var keyword: String
    /// The application that hears, as people call it.
    package var target: String
    package var url: String
    /// Signs what is sent; kept sealed, empty where a form leaves it as it is.
    package var secret: String
    package var isOn: Bool

    package init(
        title: String, source: Int64? = nil, sourceName: String = "", grade: MessageGrade = .info, keyword: String = "", target: String, url: String, secret: String,
        isOn: Bool = true
    ) {
        self.title = title
        self.source = source
        self.sourceName = sourceName
        self.grade = grade
        self.keyword = keyword
        self.target = target
        self.url = url
        self.secret = secret
        self.isOn = isOn
    }

    init(_ row: Row) {
        self.init(
            title: row.text("title") ?? "", source: row.int("source"), sourceName: row.text("source_name") ?? "",
            grade: row.text("grade").flatMap(MessageGrade.init(rawValue:)) ?? .info, keyword: row.text("keyword") ?? "", target: row.text("target") ?? "",
            url: row.text("url") ?? "",
            secret: row.text("secret") ?? "", isOn: row.bool("is_on"))
        id = row.int("id") ?? 0
    }

    /// - Parameter application: id of the application that speaks; nil for a person who speaks by API.
    package func admits(application: Int64?, grade said: MessageGrade, title: String, text: String) -> Bool {
        let order = MessageGrade.allCases
        guard isOn, source == nil || source == application, (order.firstIndex(of: said) ?? 0) >= (order.firstIndex(of: grade) ?? 0) else { return false }
        return keyword.isEmpty || title.contains(keyword) || text.contains(keyword)
    }

    /// Every fault with its field.
    ///
    /// - Parameter isNew: a rule that is there already may leave its secret as it is.
    func faults(isNew: Bool) -> [FieldFinding] {
        var faults: [FieldFinding] = []
        for (name, label, value, most) in [("title", "规则名称", title, 60), ("target", "接收应用", target, 60)] where !(1...most).contains(value.count) {
            faults.append(FieldFinding(name, "range", "应为 1—\(most) 个字", title: label))
        }
        if !(url.hasPrefix("https://") || url.hasPrefix("http://")) || url.count > 500 || url.contains(where: \.isWhitespace) {
            faults.append(FieldFinding("url", "format", "应为 http:// 或 https:// 开头的地址", title: "接收地址"))
        }
        if keyword.count > 60 { faults.append(FieldFinding("keyword", "range", "不能超过 60 个字", title: "关键字")) }
        if isNew || !secret.isEmpty, !(16...128).contains(secret.utf8.count) { faults.append(FieldFinding("secret", "range", "应为 16—128 个字符", title: "签名密钥")) }
        return faults
    }
}

/// The tables of what applications pass on to each other.
enum ForwardTables {
    static let all: [Table] = [rules, deliveries]

    static let rules = Table(
        "message_forwards",
        columns: [
            Column("title", .text, required: true), Column("source", .integer), Column("source_name", .text, required: true), Column("grade", .text, required: true),
            Column("keyword", .text, required: true), Column("target", .text, required: true), Column("url", .text, required: true), Column("secret", .text, required: true),
            Column("is_on", .integer, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], indexes: [Index("title", unique: true)])

    /// One row is one message on its way to one application; `state` is waiting, sent or dead.
    static let deliveries = Table(
        "forward_deliveries",
        columns: [
            Column("rule", .integer, required: true), Column("message_id", .integer), Column("target", .text, required: true), Column("source_name", .text, required: true),
            Column("title", .text, required: true), Column("body", .text, required: true), Column("dedupe", .text), Column("state", .text, required: true),
            Column("attempts", .integer, required: true, fallback: .int(0)), Column("at", .integer, required: true), Column("sent_at", .integer), Column("receipt", .text),
            Column("error", .text),
        ],
        indexes: [Index("rule", "dedupe", unique: true, where: "dedupe IS NOT NULL"), Index("state", "id"), Index("message_id", where: "message_id IS NOT NULL")])
}
