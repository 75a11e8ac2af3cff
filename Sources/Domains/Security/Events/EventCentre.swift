import Kernel
import Storage

/// D17.13.1 事件汇聚与关联: what devices report and what the audit book knows of one address, seen together.
package enum EventCentre {
    /// One address with everything that points to it.
    package struct Attacker: Sendable, Equatable {
        package var address: String
        package var events: Int
        package var devices: Int
        package var targets: Int
        /// 1 is the worst; nil where devices reported nothing.
        package var worst: Int?
        package var failedLogins: Int
        /// Several independent sources say the same: a risk to the whole, not one device's alarm.
        package var isGlobal: Bool { devices > 1 || (devices > 0 && failedLogins >= 5) || targets >= 3 }
    }

    private static let most = 200

    /// Addresses since a moment, the worst first.
    package static func attackers(since: Moment, _ reader: any Reader) throws -> [Attacker] {
        var found: [String: Attacker] = [:]
        let reported = try reader.rows(
            """
            SELECT attacker, count(*) AS events, count(DISTINCT device) AS devices, count(DISTINCT target) AS targets, min(grade) AS worst FROM security_event
            WHERE deleted_at IS NULL AND at >= \(since) AND attacker IS NOT NULL GROUP BY attacker ORDER BY min(grade), count(*) DESC LIMIT \(most)
            """)
        for row in reported {
            let address = row.text("attacker") ?? ""
            found[address] = Attacker(
                address: address, events: Int(row.int("events") ?? 0), devices: Int(row.int("devices") ?? 0), targets: Int(row.int("targets") ?? 0),
                worst: row.text("worst").flatMap { Int($0) },
                failedLogins: 0)
        }
        let failed = try reader.rows(
            "SELECT address, count(*) AS failures FROM audit WHERE day >= \(since.day) AND at >= \(since) AND action = 'loginFailed' AND address <> '' GROUP BY address ORDER BY count(*) DESC LIMIT \(most)"
        )
        for row in failed {
            let address = row.text("address") ?? ""
            found[address, default: Attacker(address: address, events: 0, devices: 0, targets: 0, worst: nil, failedLogins: 0)].failedLogins = Int(row.int("failures") ?? 0)
        }
        return found.values.sorted {
            ($0.isGlobal ? 0 : 1, $0.worst ?? 5, -$0.events, -$0.failedLogins, $0.address) < ($1.isGlobal ? 0 : 1, $1.worst ?? 5, -$1.events, -$1.failedLogins, $1.address)
        }
    }
}
