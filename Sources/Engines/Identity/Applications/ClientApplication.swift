import Foundation
import Kernel
import Storage

/// A program that signs people in through us or calls our API (D16 统一认证).
package struct ClientApplication: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case confidential, open

        package var title: String { self == .confidential ? "服务端应用（可保管密钥）" : "浏览器或手机应用（不能保管密钥）" }
    }

    package enum State: String, Sendable, CaseIterable {
        case applied, approved, rejected, suspended

        package var title: String {
            switch self {
            case .applied: "待审批"
            case .approved: "已批准"
            case .rejected: "未通过"
            case .suspended: "已停用"
            }
        }
    }

    package enum Grant: String, Sendable, CaseIterable {
        case code = "authorization_code"
        case refresh = "refresh_token"
        case client = "client_credentials"
        case device = "urn:ietf:params:oauth:grant-type:device_code"
        case password

        package var title: String {
            switch self {
            case .code: "授权码（PKCE）"
            case .refresh: "刷新令牌"
            case .client: "客户端凭据"
            case .device: "设备授权"
            case .password: "用户名密码（不推荐）"
            }
        }
    }

    package var id: Int64
    package var clientId: String
    package var name: String
    package var kind: Kind
    package var redirects: [String]
    package var grants: [Grant]
    /// Names of scopes it may ask for.
    package var scopes: [String]
    /// `RS256`, `ES256` or `SM2`, of its identity tokens.
    package var algorithm: String
    /// Where it is told that a session has ended (OpenID Connect Back-Channel Logout, Front-Channel Logout); empty: nowhere.
    package var backChannel: String
    package var frontChannel: String
    package var org: Int64
    package var area: String?
    package var purpose: String
    /// Who answers for the other end: system, people, telephone (D17.1.8).
    package var peer: String
    /// From where a program that keeps a secret may call; empty: anywhere.
    package var networks: [NetworkRange]
    /// The last day on which it may; nil: until it is suspended.
    package var validUntil: Day?
    package var state: State
    package var appliedByName: String
    package var appliedAt: Moment
    package var decidedByName: String?
    package var decidedAt: Moment?
    package var opinion: String?
    var secretHash: String?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        clientId = row.text("client_id") ?? ""
        name = row.text("name") ?? ""
        kind = row.text("kind").flatMap(Kind.init) ?? .open
        redirects = (row.text("redirects") ?? "").split(separator: "\n").map(String.init)
        grants = (row.text("grants") ?? "").split(separator: " ").compactMap { Grant(rawValue: String($0)) }
        scopes = (row.text("scopes") ?? "").split(separator: " ").map(String.init)
        algorithm = row.text("algorithm") ?? "RS256"
        backChannel = row.text("backchannel_uri") ?? ""
        frontChannel = row.text("frontchannel_uri") ?? ""
        org = row.int("org") ?? 0
        area = row.text("area")
        purpose = row.text("purpose") ?? ""
        peer = row.text("peer") ?? ""
        networks = (row.text("networks") ?? "").split(separator: "\n").compactMap { NetworkRange(String($0)) }
        validUntil = row.day("valid_until")
        state = row.text("state").flatMap(State.init) ?? .suspended
        appliedByName = row.text("applied_by_name") ?? ""
        appliedAt = row.moment("applied_at") ?? Moment(milliseconds: 0)
        decidedByName = row.text("decided_by_name")
        decidedAt = row.moment("decided_at")
        opinion = row.text("opinion")
        secretHash = row.text("secret_hash")
    }

    /// Approved, and its time is not over.
    package func isUsable(on day: Day) -> Bool { state == .approved && validUntil.map { day <= $0 } ?? true }

    /// Whether its calls may come from there; a program in a browser or on a telephone is wherever its person is.
    package func admits(address: String) -> Bool { kind == .open || networks.isEmpty || networks.contains { $0.contains(address) } }

    /// Whether an answer may go there: the very text that was approved, but for the port of a loopback address (RFC 8252).
    package func admits(redirect: String) -> Bool {
        redirects.contains { approved in approved == redirect || (kind == .open && Self.isLoopback(approved) && Self.withoutPort(approved) == Self.withoutPort(redirect)) }
    }

    /// An https address, or http on the loopback address; without fragment or credentials.
    static func isRedirect(_ text: String) -> Bool {
        guard text.utf8.count <= 500, text.utf8.allSatisfy({ (33...126).contains($0) }), let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            parts.fragment == nil,
            parts.user == nil, parts.password == nil
        else { return false }
        return parts.scheme == "https" || (parts.scheme == "http" && isLoopback(text))
    }

    private static func isLoopback(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text), parts.scheme == "http" else { return false }
        return ["127.0.0.1", "[::1]", "::1", "localhost"].contains(parts.host ?? "")
    }

    private static func withoutPort(_ text: String) -> String? {
        guard var parts = URLComponents(string: text) else { return nil }
        parts.port = nil
        return parts.string
    }
}

/// What is asked for when an application is registered.
package struct ApplicationDraft: Sendable {
    package var name: String
    package var kind: ClientApplication.Kind
    package var redirects: [String]
    package var grants: [ClientApplication.Grant]
    package var scopes: [String]
    package var algorithm: String
    package var purpose: String
    package var backChannel = ""
    package var frontChannel = ""
    package var peer = ""
    /// People name the other end and a last day; the program's own demonstration need not.
    package var namesPeer = false
    /// Networks as they were typed, one a line.
    package var networks: [String] = []
    package var validUntil: Day?

    package init(name: String, kind: ClientApplication.Kind, redirects: [String], grants: [ClientApplication.Grant], scopes: [String], algorithm: String = "RS256", purpose: String)
    {
        self.name = name
        self.kind = kind
        self.redirects = redirects
        self.grants = grants
        self.scopes = scopes
        self.algorithm = algorithm
        self.purpose = purpose
    }
}

/// Scopes that are not permissions of their own.
package enum TokenScope {
    package static let openid = "openid", profile = "profile", phone = "phone", offline = "offline_access", api = "api"
    /// Each with what the consent page says.
    package static let titles: [(name: String, title: String)] = [
        (openid, "确认您的身份"), (profile, "读取您的姓名、登录名与所属机构"), (phone, "读取您的电话号码（掩码）"), (offline, "在您退出后继续访问，直至您收回授权"), (api, "以您的身份和权限调用接口"),
    ]

    package static func list(_ text: String) -> [String] {
        var seen: Set<String> = []
        return text.split(separator: " ").map(String.init).filter { seen.insert($0).inserted }
    }
}

/// A refusal in the words of RFC 6749: a code for programs, a sentence for who builds one.
package struct TokenRefusal: Error, Sendable, Equatable {
    package var code: String
    package var description: String

    package init(_ code: String, _ description: String) {
        self.code = code
        self.description = description
    }

    static func grant(_ description: String) -> TokenRefusal { TokenRefusal("invalid_grant", description) }
}
