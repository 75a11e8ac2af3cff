import Kernel

/// A signed-in user's session, as one request sees it.
package struct Session: Sendable {
    package var id: Int64
    /// Until the password is changed it carries no permissions, whatever the roles say.
    package var principal: Principal
    package var mustChangePassword: Bool
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
}

/// How long sessions live.
enum SessionLife {
    static let idleSeconds: Int64 = 30 * 60
    static let absoluteSeconds: Int64 = 12 * 3600
    /// How old the stored time of the last request may be.
    static let touchSeconds: Int64 = 60
}
