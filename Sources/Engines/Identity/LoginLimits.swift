import Kernel
import Storage

/// How many wrong passwords are borne. Counted for an account from one address, so that a stranger's guesses do not lock the owner out elsewhere; for an address over all
/// accounts; and for an account over all addresses, after which only addresses from which the owner has signed in before may try.
///
/// An attempt counts as failed until its password has been found right, so that guesses sent side by side are counted too.
package struct LoginLimits: Sendable, Equatable {
    package var perAccountAndAddress = 5
    package var perAddress = 100
    package var perAccount = 30
    /// How long a failure counts, and so how long a lock lasts at the most.
    package var windowMinutes = 30
    /// How long an address counts as known after a login from it.
    package var knownAddressDays = 90
    /// So many wrong passwords of a login or an address, then a picture must be read as well. Zero: always.
    package var captchaAfter = 3

    package init() {}

    private var window: Int64 { Int64(windowMinutes) * 60_000 }

    /// Counts an attempt before the password is looked at.
    ///
    /// - Returns: the attempt's id.
    /// - Throws: `.tooMany` `JW-I010`, saying in how many minutes to try again.
    func admit(_ login: String, from address: String, at now: Moment, in transaction: any Transaction) throws -> Int64 {
        let since = Moment(milliseconds: now.milliseconds - window)
        let here: SQL = "login = \(login) AND address = \(address)"
        let lastGood: SQL = "(SELECT coalesce(max(id), 0) FROM login_attempts WHERE \(here) AND at >= \(since) AND outcome = 'accepted')"
        try refuse(ifReached: perAccountAndAddress, "\(here) AND at > \(since) AND outcome <> 'accepted' AND id > \(lastGood)", now, transaction)
        try refuse(ifReached: perAddress, "address = \(address) AND at > \(since) AND outcome <> 'accepted'", now, transaction)
        if try !knows(address, of: login, at: now, transaction) {
            try refuse(ifReached: perAccount, "login = \(login) AND at > \(since) AND outcome <> 'accepted'", now, transaction)
        }
        return try transaction.insert("INSERT INTO login_attempts (at, login, address, outcome) VALUES (\(now), \(login), \(address), 'pending')")
    }

    /// Whether a picture must be read before the next attempt: wrong passwords for this login from anywhere, or from this address for any.
    func asksCaptcha(_ login: String, from address: String, at now: Moment, _ reader: any Reader) throws -> Bool {
        guard captchaAfter > 0 else { return true }
        let since = Moment(milliseconds: now.milliseconds - window)
        func failures(_ condition: SQL) throws -> Bool {
            let lastGood: SQL = "(SELECT coalesce(max(id), 0) FROM login_attempts WHERE \(condition) AND at >= \(since) AND outcome = 'accepted')"
            return try reader.first(
                "SELECT id FROM login_attempts WHERE \(condition) AND at > \(since) AND outcome = 'failed' AND id > \(lastGood) LIMIT 1 OFFSET \(captchaAfter - 1)") != nil
        }
        return try failures("address = \(address)") || failures("login = \(login)")
    }

    /// Whether the owner has signed in from there before.
    func knows(_ address: String, of login: String, at now: Moment, _ reader: any Reader) throws -> Bool {
        let since = now.adding(seconds: -Int64(knownAddressDays) * 86_400)
        return try reader.first("SELECT id FROM login_attempts WHERE login = \(login) AND at > \(since) AND address = \(address) AND outcome = 'accepted' LIMIT 1") != nil
    }

    /// Until when strangers' addresses are refused for this account, were one more attempt made now; nil while they are not.
    func lockedUntil(_ login: String, at now: Moment, _ reader: any Reader) throws -> Moment? {
        let since = Moment(milliseconds: now.milliseconds - window)
        return try end(ifReached: perAccount, "login = \(login) AND at > \(since) AND outcome <> 'accepted'", reader)
    }

    private func refuse(ifReached limit: Int, _ condition: SQL, _ now: Moment, _ reader: any Reader) throws {
        guard let end = try end(ifReached: limit, condition, reader) else { return }
        let minutes = max(1, Int((end.seconds(since: now) / 60).rounded(.up)))
        throw Failure(.tooMany, "JW-I010", "登录失败次数过多，请 \(minutes) 分钟后再试")
    }

    /// The moment when the oldest failure that makes up the limit stops counting.
    private func end(ifReached limit: Int, _ condition: SQL, _ reader: any Reader) throws -> Moment? {
        let oldest = try reader.value("SELECT at FROM login_attempts WHERE \(condition) ORDER BY at DESC, id DESC LIMIT 1 OFFSET \(limit - 1)")?.int
        return oldest.map { Moment(milliseconds: $0 + window) }
    }
}
