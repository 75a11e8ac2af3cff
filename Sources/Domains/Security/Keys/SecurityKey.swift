import Kernel
import Storage

/// D17.6: one generation of one key of the cryptographic services.
package struct SecurityKey: Sendable {
    package enum Purpose: String, Sendable, CaseIterable {
        case sign, envelope, data, mac, stamp

        package var title: String {
            switch self {
            case .sign: "签名（SM2）"
            case .envelope: "数字信封（SM2）"
            case .data: "数据加密（SM4）"
            case .mac: "完整性（HMAC-SM3）"
            case .stamp: "时间戳（EC P-256）"
            }
        }
        var isPair: Bool { self == .sign || self == .envelope || self == .stamp }
    }

    package enum State: String, Sendable, CaseIterable {
        case made, active, retired, archived, stopped, destroyed

        package var title: String {
            switch self {
            case .made: "待启用"
            case .active: "在用"
            case .retired: "已更换"
            case .archived: "已归档"
            case .stopped: "已停用（泄露）"
            case .destroyed: "已销毁"
            }
        }
        /// Old texts may still be opened and old signatures checked.
        var opensHistory: Bool { self == .active || self == .retired || self == .archived }
    }

    package var id: Int64
    package var name: String
    package var title: String
    package var generation: Int
    package var purpose: Purpose
    package var state: State
    package var publicPEM: String?
    package var certificate: String?
    package var fingerprint: String
    package var madeAt: Moment
    package var madeBy: Int64
    package var madeByName: String
    package var activeFrom: Moment?
    package var rotateBy: Day?
    package var endedAt: Moment?
    package var askedAt: Moment?
    package var askedBy: Int64?
    package var askedByName: String?
    package var askedReason: String?
    package var destroyedAt: Moment?
    package var destroyedByName: String?
    package var backedUpAt: Moment?
    package var custodian: String?
    /// Sealed with the key ring; nil once destroyed.
    var secret: String?

    init(_ row: Row) throws {
        guard let purpose = row.text("purpose").flatMap(Purpose.init), let state = row.text("state").flatMap(State.init) else {
            throw Failure(.unexpected, "JW-SE90", "密钥记录已损坏", cause: "security_keys.id = \(row.int("id") ?? 0)")
        }
        self.purpose = purpose
        self.state = state
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        title = row.text("title") ?? ""
        generation = Int(row.int("generation") ?? 1)
        publicPEM = row.text("public_pem")
        certificate = row.text("certificate")
        fingerprint = row.text("fingerprint") ?? ""
        madeAt = row.moment("made_at") ?? Moment(milliseconds: 0)
        madeBy = row.int("made_by") ?? 0
        madeByName = row.text("made_by_name") ?? ""
        activeFrom = row.moment("active_from")
        rotateBy = row.day("rotate_by")
        endedAt = row.moment("ended_at")
        askedAt = row.moment("asked_at")
        askedBy = row.int("asked_by")
        askedByName = row.text("asked_by_name")
        askedReason = row.text("asked_reason")
        destroyedAt = row.moment("destroyed_at")
        destroyedByName = row.text("destroyed_by_name")
        backedUpAt = row.moment("backed_up_at")
        custodian = row.text("custodian")
        secret = row.text("secret")
    }
}

/// Tables of keys and services.
package enum SecurityTables {
    package static let all: [Table] = [keys, usage, errors, quotas, stamps]

    /// One row is one generation of a key. `secret` is sealed with the installation's key ring.
    static let keys = Table(
        "security_keys",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("generation", .integer, required: true), Column("purpose", .text, required: true),
            Column("state", .text, required: true), Column("secret", .text), Column("public_pem", .text), Column("certificate", .text),
            Column("fingerprint", .text, required: true),
            Column("made_at", .integer, required: true), Column("made_by", .integer, required: true), Column("made_by_name", .text, required: true),
            Column("active_from", .integer), Column("rotate_by", .integer), Column("ended_at", .integer), Column("asked_at", .integer), Column("asked_by", .integer),
            Column("asked_by_name", .text), Column("asked_reason", .text), Column("destroyed_at", .integer), Column("destroyed_by", .integer), Column("destroyed_by_name", .text),
            Column("backed_up_at", .integer), Column("custodian", .text),
        ],
        indexes: [Index("name", "generation", unique: true), Index("name", unique: true, where: "state = 'active'"), Index("fingerprint")])

    /// What one caller did on one day, by operation.
    static let usage = Table(
        "crypto_usage", key: ["day", "caller", "operation"],
        columns: [
            Column("day", .integer, required: true), Column("caller", .text, required: true), Column("operation", .text, required: true),
            Column("caller_name", .text, required: true),
            Column("calls", .integer, required: true), Column("failures", .integer, required: true), Column("bytes", .integer, required: true),
        ], isClustered: true)

    /// One row is one refused or failed call; kept half a year.
    static let errors = Table(
        "crypto_errors",
        columns: [
            Column("at", .integer, required: true), Column("caller", .text, required: true), Column("caller_name", .text, required: true),
            Column("operation", .text, required: true),
            Column("code", .text, required: true), Column("message", .text, required: true), Column("address", .text, required: true),
        ], indexes: [Index("at"), Index("caller", "at")])

    /// A caller's own limit a day, where it differs from the usual one.
    static let quotas = Table(
        "crypto_quotas", key: ["caller"],
        columns: [
            Column("caller", .text, required: true), Column("caller_name", .text, required: true), Column("daily_calls", .integer, required: true),
            Column("updated_at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true)

    /// One row is one stamp given; its id is the serial number.
    static let stamps = Table(
        "time_stamps",
        columns: [
            Column("at", .integer, required: true), Column("caller", .text, required: true), Column("caller_name", .text, required: true), Column("subject", .text, required: true),
            Column("imprint", .text, required: true), Column("key_id", .integer, required: true), Column("answer", .blob),
        ], indexes: [Index("imprint"), Index("at")])
}
