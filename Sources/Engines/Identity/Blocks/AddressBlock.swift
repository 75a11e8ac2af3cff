import Kernel
import Storage

/// What an address does that honest people rarely do, and how much it weighs (D17.9.3).
package enum Misdeed: String, Sendable, CaseIterable {
    /// A wrong password or code, or a try while the address may not try.
    case guessing
    /// A request beyond the rate; counted once a second, so that a page that asks much is not an attack.
    case flooding
    /// An address or a value as scanners send them (`Probe`).
    case probing
    /// A gate's token or signature that does not fit.
    case forging

    package var title: String {
        switch self {
        case .guessing: "反复试猜口令"
        case .flooding: "持续超出请求频率"
        case .probing: "扫描探测"
        case .forging: "伪造令牌或签名"
        }
    }

    var weight: Int { self == .probing ? 5 : 1 }
}

/// An address or network that may not speak to the platform until a moment.
package struct AddressBlock: Sendable, Equatable {
    package var id: Int64
    package var network: String
    package var reason: String
    /// False where a person blocked it.
    package var isAutomatic: Bool
    package var madeAt: Moment
    package var madeBy: String
    /// Nil: until somebody ends it.
    package var until: Moment?
    package var endedAt: Moment?
    package var endedBy: String?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        network = row.text("network") ?? ""
        reason = row.text("reason") ?? ""
        isAutomatic = row.bool("is_automatic")
        madeAt = row.moment("made_at") ?? Moment(milliseconds: 0)
        madeBy = row.text("made_by_name") ?? ""
        until = row.moment("until_at")
        endedAt = row.moment("ended_at")
        endedBy = row.text("ended_by_name")
    }

    package func isLiving(at now: Moment) -> Bool { endedAt == nil && until.map { now < $0 } ?? true }
}

enum BlockTables {
    /// One row is one block; rows stay as the record of it.
    static let blocks = Table(
        "address_blocks",
        columns: [
            Column("network", .text, required: true), Column("reason", .text, required: true), Column("is_automatic", .integer, required: true),
            Column("made_at", .integer, required: true), Column("made_by", .integer, required: true), Column("made_by_name", .text, required: true),
            Column("until_at", .integer), Column("ended_at", .integer), Column("ended_by_name", .text),
        ], indexes: [Index("network", "id"), Index("ended_at", "until_at")])
}
