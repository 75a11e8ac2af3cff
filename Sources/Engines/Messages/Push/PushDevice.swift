import Cryptography
import Identity
import Kernel
import Storage

/// One browser that may show notices, as its owner and administrators see it: where it is reached stays inside.
package struct PushDevice: Sendable, Equatable {
    package let id: Int64
    package let user: Int64
    package let userName: String
    package let organisationName: String
    /// `Chrome 120（Android）`.
    package let title: String
    /// By which the browser knows itself again: SHA-256 of its address.
    package let mark: String
    package let isActive: Bool
    package let at: Moment
    /// When a push service last took something for it.
    package let usedAt: Moment?
    /// When it last said that it had shown something.
    package let shownAt: Moment?
    package let endedAt: Moment?
    package let endedWhy: String?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        user = row.int("user_id") ?? 0
        userName = row.text("user_name") ?? ""
        organisationName = row.text("org_name") ?? ""
        title = row.text("title") ?? ""
        mark = row.text("endpoint_hash") ?? ""
        isActive = row.text("state") == "active"
        at = row.moment("at") ?? Moment(milliseconds: 0)
        usedAt = row.moment("used_at")
        shownAt = row.moment("shown_at")
        endedAt = row.moment("ended_at")
        endedWhy = row.text("ended_why")
    }

    /// What a browser calls itself, for people.
    package static func title(agent: String) -> String {
        let systems = [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux")]
        let system = systems.first { agent.contains($0.0) }?.1 ?? "其他系统"
        guard let (family, version) = BrowserFloor.read(agent) else { return "浏览器（\(system)）" }
        return "\(family.rawValue) \(version)（\(system)）"
    }
}

/// What a browser hands over when its user allows notices (`PushSubscription`).
package struct PushSubscription: Sendable, Equatable {
    package var endpoint: String
    package var p256dh: String
    package var auth: String
    package var title: String

    package init(endpoint: String, p256dh: String, auth: String, title: String) {
        self.endpoint = endpoint
        self.p256dh = p256dh
        self.auth = auth
        self.title = title
    }

    var mark: String { SHA256.hash(endpoint).hex }

    /// Everything that is wrong; whether the address may be called at all is asked when it is called.
    var findings: [FieldFinding] {
        var findings: [FieldFinding] = []
        if PushService.origin(of: endpoint) == nil || endpoint.utf8.count > 1_000 { findings.append(FieldFinding("endpoint", "format", "不是推送服务的地址", title: "推送地址")) }
        if PushReceiver(p256dh: p256dh, auth: auth) == nil { findings.append(FieldFinding("keys", "format", "不是有效的推送密钥，请重新允许", title: "推送密钥")) }
        if !(1...60).contains(title.count) { findings.append(FieldFinding("title", "range", "应为 1—60 个字", title: "设备名称")) }
        return findings
    }
}

/// The service of a browser's maker that holds a message until the device is reached.
enum PushService {
    /// Scheme, host and port: what a token names as its audience; nil for what is no address.
    static func origin(of address: String) -> String? {
        for scheme in ["https://", "http://"] where address.hasPrefix(scheme) {
            let host = address.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard !host.isEmpty, address.allSatisfy({ $0.isASCII && !$0.isWhitespace }), !host.contains("@"), !host.contains("\\") else { return nil }
            return scheme + host
        }
        return nil
    }
}
