import Identity
import Kernel

/// A session as the edge needs it.
package struct SignedIn: Sendable {
    package var principal: Principal
    package var mustChangePassword: Bool
    /// The rules ask for a second factor that is not there yet.
    package var mustEnrol: Bool
    /// When the person last proved who they are; nil for sessions that need not be confirmed (tests, tokens of applications).
    package var confirmedAt: Moment?

    package init(principal: Principal, mustChangePassword: Bool = false, mustEnrol: Bool = false, confirmedAt: Moment? = nil) {
        self.principal = principal
        self.mustChangePassword = mustChangePassword
        self.mustEnrol = mustEnrol
        self.confirmedAt = confirmedAt
    }
}

/// What a successful sign-in gives: the secret for the cookie and how long it lives.
package struct SessionGrant: Sendable {
    package var token: String
    package var seconds: Int
    package var mustChangePassword: Bool
    package var mustEnrol: Bool
    /// Told once after signing in, such as that this address is new.
    package var notice: String?
    /// The person has several posts and says first in which to act.
    package var choosesPost: Bool

    package init(token: String, seconds: Int, mustChangePassword: Bool = false, mustEnrol: Bool = false, notice: String? = nil, choosesPost: Bool = false) {
        self.token = token
        self.seconds = seconds
        self.mustChangePassword = mustChangePassword
        self.mustEnrol = mustEnrol
        self.notice = notice
        self.choosesPost = choosesPost
    }
}

/// Another way in than the password, as the login page offers it.
package struct SignInWay: Sendable, Equatable {
    package var title: String
    package var titleEN: String
    package var icon: String
    package var path: String

    package init(_ title: String, _ titleEN: String, icon: String, path: String) {
        self.title = title
        self.titleEN = titleEN
        self.icon = icon
        self.path = path
    }
}

/// Where a sign-in stands after the password.
package enum SignInStep: Sendable {
    case granted(SessionGrant)
    /// A one-time code is asked for next; the text comes back with it.
    case secondFactor(pending: String)
}

/// The edge's view of Identity.
package protocol SessionResolver: Sendable {
    /// Asked on every request: must be cached. Nil when the token is unknown, ended or not allowed from this address.
    func resolve(token: String, address: String) async throws -> SignedIn?
    /// - Throws: `.unauthenticated` for wrong credentials, `.forbidden` for locked or untimely accounts, `.tooMany`.
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant
    func logOut(token: String) async throws
    /// - Throws: `.invalid` with a finding for `current`, `password`.
    func changePassword(of principal: Principal, current: String, new: String) async throws
    /// What a new password must be, in one sentence.
    var passwordHint: String { get }
    /// The first step at the login page, with the picture's answer where one was shown.
    func begin(_ attempt: LoginAttempt) async throws -> SignInStep
    /// The second step: a one-time or recovery code.
    func finish(pending: String, code: String, address: String, agent: String) async throws -> SessionGrant
    /// The id of a picture that must be read before the next attempt; nil when none is asked for.
    func captcha(for login: String, address: String) async throws -> String?
    /// What that picture shows; nil when it is unknown or too old.
    func captchaText(of id: String) async throws -> String?
    /// For how many seconds a confirmed identity counts.
    var confirmSeconds: Int64 { get }
    /// What the login page offers besides the password.
    var ways: [SignInWay] { get }
    /// Whether an act of this kind waits for other people.
    func asksSecondPerson(for act: DualAct) -> Bool
    /// Whether this request runs now.
    func secondPerson(_ asked: AskedAct, by principal: Principal) async throws -> DualVerdict
    /// What others agreed to did not come about; the approval stays good.
    func secondPersonFailed(_ approval: Int64, because reason: String, by principal: Principal) async throws
    /// For how many seconds the form at this path must be looked at before it is sent; nil where it need not be.
    func formWait(for path: String) -> Int?
    /// What an address did that honest people rarely do.
    func report(_ misdeed: Misdeed, from address: String, isTrusted: Bool) async throws
    /// Said at the door before anybody signs in; empty: nothing.
    var doorNotice: String { get }
    /// Whether every page carries the reader's name and the time.
    var watermark: Bool { get }
}

extension SessionResolver {
    package var passwordHint: String { "须含大写字母、小写字母、数字、符号中的至少三种" }
    package func begin(_ attempt: LoginAttempt) async throws -> SignInStep {
        .granted(try await logIn(login: attempt.login, password: attempt.password, address: attempt.address, agent: attempt.agent))
    }
    package func finish(pending: String, code: String, address: String, agent: String) async throws -> SessionGrant { throw Failure(.notFound, "JW-W404", "您访问的页面不存在") }
    package func captcha(for login: String, address: String) async throws -> String? { nil }
    package func captchaText(of id: String) async throws -> String? { nil }
    package var confirmSeconds: Int64 { 900 }
    package var ways: [SignInWay] { [] }
    package var doorNotice: String { "" }
    package var watermark: Bool { false }
    package func formWait(for path: String) -> Int? { nil }
    package func report(_ misdeed: Misdeed, from address: String, isTrusted: Bool) async throws {}
    package func asksSecondPerson(for act: DualAct) -> Bool { false }
    package func secondPerson(_ asked: AskedAct, by principal: Principal) async throws -> DualVerdict { .go }
    package func secondPersonFailed(_ approval: Int64, because reason: String, by principal: Principal) async throws {}
}

/// Nobody can sign in: for sites that serve only open routes, and for tests.
package struct NoSessions: SessionResolver {
    package init() {}
    package func resolve(token: String, address: String) async throws -> SignedIn? { nil }
    package func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant {
        throw Failure(.unavailable, "JW-W503", "登录服务尚未配置")
    }
    package func logOut(token: String) async throws {}
    package func changePassword(of principal: Principal, current: String, new: String) async throws {
        throw Failure(.unavailable, "JW-W503", "登录服务尚未配置")
    }
}
