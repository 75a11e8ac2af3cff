import Cryptography
import Identity
import Kernel
import Storage

/// How one person wants to hear: their mail address, and kinds they want by a channel or do not.
package struct MessageWishes: Sendable, Equatable {
    package var email: String?
    /// `kind/channel` → wanted; what is not in it follows the rule of the kind.
    package var choices: [String: Bool]

    package init(email: String? = nil, choices: [String: Bool] = [:]) {
        self.email = email
        self.choices = choices
    }
}

extension MessageEngine {
    package func wishes(of principal: Principal, in reader: any Reader) throws -> MessageWishes {
        let email = try reader.value("SELECT email FROM message_addresses WHERE user_id = \(principal.id)")?.text
        let choices = try reader.rows("SELECT kind, channel, is_on FROM message_subscriptions WHERE user_id = \(principal.id)").reduce(into: [String: Bool]()) {
            $0["\($1.text("kind") ?? "")/\($1.text("channel") ?? "")"] = $1.bool("is_on")
        }
        return MessageWishes(email: try email.map(opened), choices: choices)
    }

    /// One's own only.
    ///
    /// - Throws: `.invalid` for an address that is none.
    package func keep(_ wishes: MessageWishes, by principal: Principal, in tx: any Transaction) throws {
        if let email = wishes.email {
            let parts = email.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."), email.utf8.count <= 254, email.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 60 && $0 != 62 })
            else {
                throw Failure.invalid([FieldFinding("email", "format", "不是有效的电子邮箱", title: "电子邮箱")])
            }
            let sealed = try phones?.seal(email) ?? email
            try tx.execute(
                "INSERT INTO message_addresses (user_id, email, at) VALUES (\(principal.id), \(sealed), \(clock.now)) ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, at = excluded.at"
            )
        } else {
            try tx.execute("DELETE FROM message_addresses WHERE user_id = \(principal.id)")
        }
        try tx.execute("DELETE FROM message_subscriptions WHERE user_id = \(principal.id)")
        for (place, isOn) in wishes.choices.sorted(by: { $0.key < $1.key }) {
            let parts = place.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2, kinds.contains(where: { $0.name == parts[0] }), channels.contains(where: { $0.name == parts[1] }) else { continue }
            try tx.execute("INSERT INTO message_subscriptions (user_id, kind, channel, is_on) VALUES (\(principal.id), \(parts[0]), \(parts[1]), \(isOn))")
        }
    }

    /// Those who are told by a channel: as the kind's rule says, but for who chose otherwise; what is urgent follows the rule alone.
    func wanting(_ kind: MessageKind, _ grade: MessageGrade, by channel: MessageChannel, among users: [Int64], in reader: any Reader) throws -> [Int64] {
        let isRule = kind.channels.contains(channel.name)
        if case .fixed = channel.address { return isRule ? users : [] }
        if isRule, grade == .urgent { return users }
        let chosen = try stride(from: 0, to: users.count, by: 500).flatMap { from in
            try reader.rows(
                """
                SELECT user_id, is_on FROM message_subscriptions WHERE kind = \(kind.name) AND channel = \(channel.name)
                AND user_id IN (\(list: Array(users[from..<min(from + 500, users.count)])))
                """)
        }.reduce(into: [Int64: Bool]()) { $0[$1.int("user_id") ?? 0] = $1.bool("is_on") }
        return users.filter { chosen[$0] ?? isRule }
    }
}
