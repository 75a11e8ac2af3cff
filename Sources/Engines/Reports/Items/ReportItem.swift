import Identity
import Kernel
import Storage

/// Something made from figures that is kept and may be shared: what it shows depends on who looks.
package struct ReportItem: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case chart, dashboard, rotation, template, form, mimic, component

        package var title: String {
            switch self {
            case .chart: "统计图表"
            case .dashboard: "看板"
            case .rotation: "轮播"
            case .template: "报表模板"
            case .form: "文书模板"
            case .mimic: "工艺组态"
            case .component: "组态组件"
            }
        }
    }

    package var id: Int64
    package var name: String?
    package var kind: Kind
    package var title: String
    package var note: String
    package var body: JSONValue
    package var blob: String?
    /// 0 for what was shipped.
    package var owner: Int64
    package var ownerName: String
    package var audience: ReportAudience
    package var version: Int
    package var updatedAt: Moment

    init?(_ row: Row) {
        guard let kind = row.text("kind").flatMap(Kind.init) else { return nil }
        id = row.int("id") ?? 0
        name = row.text("name")
        self.kind = kind
        title = row.text("title") ?? ""
        note = row.text("note") ?? ""
        body = (try? JSONValue(parsing: row.text("body") ?? "")) ?? .null
        blob = row.text("blob")
        owner = row.int("owner") ?? 0
        ownerName = row.text("owner_name") ?? ""
        audience = ReportAudience(text: row.text("audience") ?? "")
        version = Int(row.int("version") ?? 0)
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
    }

    package func isSeen(by principal: Principal) -> Bool { owner == principal.id && principal.id != 0 || audience.admits(principal) || principal.kind == .system }

    /// One's own; what was shipped by whoever designs.
    package func mayBeChanged(by principal: Principal) -> Bool {
        owner != 0 ? owner == principal.id : principal.may(ReportPermission.design)
    }
}

/// With whom something is shared; it says who may open it, never what they see in it.
package struct ReportAudience: Sendable, Equatable {
    package var isEveryone: Bool
    package var roles: [String]
    package var organisations: [Int64]

    package init(isEveryone: Bool = false, roles: [String] = [], organisations: [Int64] = []) {
        self.isEveryone = isEveryone
        self.roles = roles
        self.organisations = organisations
    }

    /// `,everyone,role:city,org:12,`.
    init(text: String) {
        let words = text.split(separator: ",").map(String.init)
        isEveryone = words.contains("everyone")
        roles = words.filter { $0.hasPrefix("role:") }.map { String($0.dropFirst(5)) }
        organisations = words.compactMap { $0.hasPrefix("org:") ? Int64($0.dropFirst(4)) : nil }
    }

    var words: [String] { (isEveryone ? ["everyone"] : []) + roles.map { "role:\($0)" } + organisations.map { "org:\($0)" } }
    var text: String { words.isEmpty ? "" : "," + words.joined(separator: ",") + "," }

    func admits(_ principal: Principal) -> Bool {
        isEveryone || roles.contains { principal.roles.contains($0) } || principal.organisation.map { organisations.contains($0) } ?? false
    }

    /// Rows this person may open.
    static func condition(_ principal: Principal) -> SQL {
        var words = ["everyone"] + principal.roles.prefix(50).map { "role:\($0)" }
        if let organisation = principal.organisation { words.append("org:\(organisation)") }
        let parts = words.map { word -> SQL in .contains(code: ",\(word),", in: "audience") }
        let own: SQL = principal.id > 0 ? "owner = \(principal.id)" : "1 = 0"
        return "(\(SQL.joined([own] + parts, by: " OR ")))"
    }
}

/// What is to be kept.
package struct ReportItemDraft: Sendable {
    package var name: String?
    package var kind: ReportItem.Kind
    package var title: String
    package var note: String
    package var body: JSONValue
    /// A template's file, for what is shipped.
    package var file: [UInt8]?
    package var audience: ReportAudience

    package init(
        name: String? = nil, _ kind: ReportItem.Kind, title: String, note: String = "", body: JSONValue = .null, file: [UInt8]? = nil, audience: ReportAudience = ReportAudience()
    ) {
        self.name = name
        self.kind = kind
        self.title = title
        self.note = note
        self.body = body
        self.file = file
        self.audience = audience
    }
}
