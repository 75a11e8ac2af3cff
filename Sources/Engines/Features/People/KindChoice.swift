import Identity
import Web

/// What a form or filter says of an organisation's kind: a built-in one by its name, an administrator's own as `k12`.
struct KindChoice: Sendable {
    var kind: Organisation.Kind?
    var category: Int64?

    /// Nil for what is neither.
    init?(_ text: String?, among kinds: [OrganisationKind]) {
        guard let text else { return nil }
        if let kind = Organisation.Kind(rawValue: text) {
            self.kind = kind
        } else if text.hasPrefix("k"), let id = Int64(text.dropFirst()), let found = kinds.first(where: { $0.id == id }) {
            (kind, category) = (found.base, id)
        } else {
            return nil
        }
    }

    static func text(_ kind: Organisation.Kind, _ category: Int64?) -> String { category.map { "k\($0)" } ?? kind.rawValue }

    /// Built-in ones first, then those that stand on them; stopped ones only where `kept` is one.
    static func choices(_ bases: [Organisation.Kind], _ kinds: [OrganisationKind], kept: Int64? = nil, isFilter: Bool = false) -> [Choice] {
        let own = kinds.filter { bases.contains($0.base) && (isFilter || $0.state == .active || $0.id == kept) }
        return bases.map { Choice($0.rawValue, $0.title, group: own.isEmpty ? nil : "基本类型") }
            + own.map { Choice("k\($0.id)", $0.state == .active ? $0.title : "\($0.title)（已停用）", group: "\($0.base.title)类") }
    }
}
