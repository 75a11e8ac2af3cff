import Kernel
import Messages

/// A mail server and who we are there: `mail.json` in the data directory.
///
///     {"host": "smtp.example", "port": 465, "security": "tls", "user": "…", "password": "…", "from": "jianwei@example", "name": "见微平台", "trust": "/path/ca.pem"}
package struct SMTPAccount: Sendable, Equatable {
    package enum Security: String, Sendable {
        /// TLS from the first byte, usually port 465.
        case tls
        /// TLS after STARTTLS, usually port 587; a server that cannot is refused.
        case startTLS = "starttls"
        /// Only for a server on the same machine.
        case none
    }

    package var host: String
    package var port: Int
    package var security: Security
    package var user: String?
    package var password: String?
    package var from: String
    package var name: String
    /// A file of certificates that are trusted instead of the system's.
    package var trust: String?

    /// - Throws: `.invalid` `JW-MS10` naming what is missing.
    package init(json: JSONValue) throws {
        func fault(_ text: String) -> Failure { Failure(.invalid, "JW-MS10", "邮件配置 mail.json：\(text)") }
        guard let host = json["host"]?.string, !host.isEmpty else { throw fault("缺少 host") }
        guard let security = Security(rawValue: json["security"]?.string ?? "tls") else { throw fault("security 应为 tls、starttls 或 none") }
        guard let from = json["from"]?.string, Self.isAddress(from) else { throw fault("from 应为邮箱地址") }
        self.host = host
        self.security = security
        port = Int(json["port"]?.int ?? (security == .tls ? 465 : 587))
        guard (1...65_535).contains(port) else { throw fault("port 有误") }
        user = json["user"]?.string
        password = json["password"]?.string
        if user != nil, security == .none, host != "127.0.0.1", host != "localhost" { throw fault("不加密时不能使用口令") }
        self.from = from
        name = json["name"]?.string ?? "见微平台"
        trust = json["trust"]?.string
    }

    /// One `@`, no blank, no control character, no angle bracket: it is put into a command.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && text.utf8.count <= 254 && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 60 && $0 != 62 }
    }

    /// - Throws (when it sends): `.unavailable` `JW-MS11`, tried again; an address that is none is `.invalid` `JW-MS12`, which is not.
    package var channel: MessageChannel {
        let client = SMTPClient(account: self)
        return MessageChannel("email", "电子邮件", to: .email) { message in
            guard Self.isAddress(message.address) else { throw Failure(.invalid, "JW-MS12", "邮箱地址有误", cause: message.address) }
            return try await client.send(Mail(to: message.address, subject: message.title, text: message.text, key: message.key, at: message.at))
        }
    }
}
