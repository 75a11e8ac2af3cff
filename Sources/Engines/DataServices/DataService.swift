import Identity
import Kernel
import Ledgers
import Storage

/// One published query.
package struct DataService: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case draft, online, offline, retired

        package var title: String {
            switch self {
            case .draft: "编写中"
            case .online: "已上线"
            case .offline: "已下线"
            case .retired: "已注销"
            }
        }
    }

    /// How careful its approval is (B5.1.6).
    package typealias Level = DataLevel

    /// How a column leaves the house; personal fields are masked whatever stands here, unless the publisher may see them in full and says so.
    package enum Mask: String, Sendable, CaseIterable {
        case none, partial, hidden

        package var title: String {
            switch self {
            case .none: "原样"
            case .partial: "部分隐藏"
            case .hidden: "只显示有无"
            }
        }
    }

    package struct Parameter: Sendable, Equatable {
        /// As the caller writes it.
        package var name: String
        package var field: String
        package var comparison: LedgerQuery.Comparison
        package var isRequired: Bool
        /// Taken where the caller says nothing.
        package var fallback: String?

        package init(name: String, field: String, comparison: LedgerQuery.Comparison, isRequired: Bool, fallback: String?) {
            self.name = name
            self.field = field
            self.comparison = comparison
            self.isRequired = isRequired
            self.fallback = fallback
        }
    }

    package struct Output: Sendable, Equatable {
        package var field: String
        package var mask: Mask

        package init(field: String, mask: Mask) {
            self.field = field
            self.mask = mask
        }
    }

    package var id: Int64
    /// In its address: `/data/v1/NAME`.
    package var name: String
    package var title: String
    package var category: String
    package var details: String
    package var level: Level
    package var ledger: String
    package var state: State
    package var parameters: [Parameter]
    package var outputs: [Output]
    /// Conditions that always hold, as a list's address writes them: `f.stage=5,6`.
    package var fixed: String
    /// `-registeredOn`; empty is the ledger's own order.
    package var sort: String
    package var maximumRows: Int
    package var timeoutSeconds: Int
    /// Rows it may ever show: its publisher's.
    package var scope: DataScope
    package var version: Int
    package var updatedAt: Moment
    package var updatedByName: String

    package init(name: String, title: String, category: String, details: String, level: Level, ledger: String) {
        id = 0
        self.name = name
        self.title = title
        self.category = category
        self.details = details
        self.level = level
        self.ledger = ledger
        state = .draft
        parameters = []
        outputs = []
        fixed = ""
        sort = ""
        maximumRows = 100
        timeoutSeconds = 5
        scope = .nothing
        version = 0
        updatedAt = Moment(milliseconds: 0)
        updatedByName = ""
    }

    init(_ row: Row) throws {
        let body = try JSONValue(parsing: row.text("body") ?? "{}")
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        title = row.text("title") ?? ""
        category = row.text("category") ?? ""
        details = row.text("details") ?? ""
        level = row.text("level").flatMap(Level.init(rawValue:)) ?? .sensitive
        ledger = row.text("ledger") ?? ""
        state = row.text("state").flatMap(State.init(rawValue:)) ?? .offline
        parameters = (body["parameters"]?.array ?? []).compactMap(Parameter.init)
        outputs = (body["outputs"]?.array ?? []).compactMap { value in
            value["field"]?.string.map { Output(field: $0, mask: value["mask"]?.string.flatMap(Mask.init(rawValue:)) ?? .hidden) }
        }
        fixed = body["fixed"]?.string ?? ""
        sort = body["sort"]?.string ?? ""
        maximumRows = Int(body["maximumRows"]?.int ?? 100)
        timeoutSeconds = Int(body["timeoutSeconds"]?.int ?? 5)
        scope = DataScope(word: row.text("scope") ?? "")
        version = Int(row.int("version") ?? 0)
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedByName = row.text("updated_by_name") ?? ""
    }

    var body: JSONValue {
        [
            "parameters": .array(parameters.map(\.json)), "outputs": .array(outputs.map { ["field": .string($0.field), "mask": .string($0.mask.rawValue)] }),
            "fixed": .string(fixed),
            "sort": .string(sort), "maximumRows": .int(Int64(maximumRows)), "timeoutSeconds": .int(Int64(timeoutSeconds)),
        ]
    }

    package var path: String { "/data/v1/\(name)" }
}

extension DataService.Parameter {
    init?(_ value: JSONValue) {
        guard let name = value["name"]?.string, let field = value["field"]?.string, let comparison = value["comparison"]?.string.flatMap(LedgerQuery.Comparison.init(rawValue:))
        else {
            return nil
        }
        self.init(name: name, field: field, comparison: comparison, isRequired: value["required"]?.bool ?? false, fallback: value["fallback"]?.string)
    }

    var json: JSONValue {
        ["name": .string(name), "field": .string(field), "comparison": .string(comparison.rawValue), "required": .bool(isRequired), "fallback": JSONValue(fallback)]
    }

    /// `plate = plateNo eq 必填`: one line of the editor.
    package var line: String {
        ([name, "=", field, comparison.rawValue] + (isRequired ? ["必填"] : []) + (fallback.map { ["默认", $0] } ?? [])).joined(separator: " ")
    }

    /// - Returns: nil for a line that says no parameter.
    package init?(line: String) {
        var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count >= 4, words[1] == "=", let comparison = LedgerQuery.Comparison(rawValue: words[3]) else { return nil }
        let (name, field) = (words[0], words[2])
        words.removeFirst(4)
        var isRequired = false
        var fallback: String?
        while let word = words.first {
            words.removeFirst()
            switch word {
            case "必填": isRequired = true
            case "默认":
                guard !words.isEmpty else { return nil }
                fallback = words.removeFirst()
            default: return nil
            }
        }
        self.init(name: name, field: field, comparison: comparison, isRequired: isRequired, fallback: fallback)
    }
}

extension DataScope {
    /// As a row keeps it.
    var word: String {
        switch self {
        case .everything: "everything"
        case .nothing: "nothing"
        case .organisation(let id): "organisation:\(id)"
        case .grids(let reach): "\(reach.tree.rawValue):" + reach.paths.joined(separator: ",")
        case .areas(let prefixes): "areas:" + prefixes.joined(separator: ",")
        }
    }

    /// What cannot be read is nothing.
    init(word: String) {
        let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("everything", 1): self = .everything
        case ("organisation", 2): self = Int64(parts[1]).map(DataScope.organisation) ?? .nothing
        case ("grids", 2): self = .grids(GridReach(paths: parts[1].split(separator: ",").map(String.init), organisations: []))
        case ("areas", 2): self = .areas(parts[1].split(separator: ",").map(String.init))
        default: self = .nothing
        }
    }
}
