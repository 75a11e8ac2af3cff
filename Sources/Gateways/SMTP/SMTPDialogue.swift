import Cryptography
import Kernel

/// What is said to a mail server and when (RFC 5321, 3207, 4954), without a socket: replies in, actions out.
///
///     S 220 …            C EHLO jianwei        S 250-STARTTLS … 250 …      C STARTTLS   S 220      (TLS)   C EHLO
///     C AUTH PLAIN …     S 235                 C MAIL FROM:<…>  S 250      C RCPT TO:<…> S 250
///     C DATA             S 354                 C headers, body, "."        S 250 accepted          C QUIT
struct SMTPDialogue: Sendable {
    enum Action: Sendable, Equatable {
        case send(String)
        /// From here on TLS; then `secured()` says what comes next.
        case secure
        /// The server has taken the letter; its words are the receipt.
        case taken(String)
        case refused(String)
    }

    private enum Stage: Sendable { case greeting, hello, startTLS, helloAgain, authentication, sender, receiver, data, letter, over }

    let account: SMTPAccount
    let mail: Mail
    private var stage = Stage.greeting
    private var lines: [String] = []

    init(account: SMTPAccount, mail: Mail) {
        self.account = account
        self.mail = mail
    }

    /// One line of the server, without its end.
    mutating func receive(_ line: String) -> [Action] {
        lines.append(line)
        // `250-` goes on, `250 ` ends a reply.
        if line.utf8.count > 3, Array(line.utf8)[3] == UInt8(ascii: "-") { return lines.count > 100 ? refuse("应答过长") : [] }
        let reply = lines
        lines = []
        guard let code = Int(line.prefix(3)) else { return refuse(line) }
        return answer(code, reply)
    }

    /// TLS stands.
    mutating func secured() -> [Action] {
        stage = .helloAgain
        return [.send("EHLO jianwei\r\n")]
    }

    private mutating func answer(_ code: Int, _ reply: [String]) -> [Action] {
        let said = reply.last ?? ""
        switch stage {
        case .greeting:
            guard code == 220 else { return refuse(said) }
            stage = .hello
            return [.send("EHLO jianwei\r\n")]
        case .hello:
            guard code == 250 else { return refuse(said) }
            guard account.security == .startTLS else { return authenticate() }
            // A server that cannot is refused: a password is never said in the clear where TLS was asked for.
            guard reply.contains(where: { $0.dropFirst(4).uppercased() == "STARTTLS" }) else { return refuse("服务器不支持 STARTTLS") }
            stage = .startTLS
            return [.send("STARTTLS\r\n")]
        case .startTLS: return code == 220 ? [.secure] : refuse(said)
        case .helloAgain: return code == 250 ? authenticate() : refuse(said)
        case .authentication: return code == 235 ? begin() : refuse(said)
        case .sender: return code == 250 ? next(.receiver, "RCPT TO:<\(mail.to)>") : refuse(said)
        case .receiver: return code == 250 || code == 251 ? next(.data, "DATA") : refuse(said)
        case .data:
            guard code == 354 else { return refuse(said) }
            stage = .letter
            return [.send(mail.wire(from: account.from, name: account.name))]
        case .letter:
            guard code == 250 else { return refuse(said) }
            stage = .over
            return [.taken(said), .send("QUIT\r\n")]
        case .over: return []
        }
    }

    private mutating func authenticate() -> [Action] {
        guard let user = account.user else { return begin() }
        let secret = [0] + Array(user.utf8) + [0] + Array((account.password ?? "").utf8)
        return next(.authentication, "AUTH PLAIN \(Base64.encode(secret))")
    }

    private mutating func begin() -> [Action] { next(.sender, "MAIL FROM:<\(account.from)>") }

    private mutating func next(_ stage: Stage, _ line: String) -> [Action] {
        self.stage = stage
        return [.send(line + "\r\n")]
    }

    private mutating func refuse(_ said: String) -> [Action] {
        stage = .over
        return [.refused(String(said.prefix(200)))]
    }
}
