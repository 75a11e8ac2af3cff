import Kernel

/// A signed-in user's session, as one request sees it.
package struct Session: Sendable {
    package var id: Int64
    /// Until the password is changed it carries no permissions, whatever the roles say.
    package var principal: Principal
    package var mustChangePassword: Bool
    /// The rules ask for a second factor and there is none yet; no permissions until there is.
    package var mustEnrol: Bool
    /// When the owner last proved who they are, at the login or after; dangerous acts ask for a recent one.
    package var confirmedAt: Moment
    package var createdAt: Moment
    /// The absolute end, whatever the user does.
    package var expiresAt: Moment
}

/// What a login gives: the only time the token is seen.
package struct NewSession: Sendable {
    /// 43 characters of base64url, 256 random bits, for the cookie.
    package var token: String
    package var session: Session
    /// The user has signed in before, but never from this address (A-35 登录地址预警).
    package var isNewAddress: Bool
}

/// One line of "my sessions".
package struct SessionSummary: Sendable, Equatable {
    package var id: Int64
    package var createdAt: Moment
    package var lastSeenAt: Moment
    package var address: String
    package var agent: String
    package var method: SignInMethod
    package var marks: [SessionMark]
}

/// What was unusual about a login (A-16 行为跟踪).
package enum SessionMark: String, Sendable, CaseIterable {
    case newAddress, oddHour

    package var title: String { self == .newAddress ? "首次使用的地址" : "少见的时段" }

    static func list(_ text: String?) -> [SessionMark] { (text ?? "").split(separator: ",").compactMap { SessionMark(rawValue: String($0)) } }
}

/// How long sessions live, beyond what the policy says.
enum SessionLife {
    /// How old the stored time of the last request may be.
    static let touchSeconds: Int64 = 60
}
