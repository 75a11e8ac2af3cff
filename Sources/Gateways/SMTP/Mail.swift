import Cryptography
import Kernel

/// One letter, as it goes over the wire.
package struct Mail: Sendable, Equatable {
    package var to: String
    package var subject: String
    package var text: String
    /// The same at every attempt, so that a mailbox that knows it shows the letter once.
    package var key: String
    package var at: Moment

    package init(to: String, subject: String, text: String, key: String, at: Moment) {
        self.to = to
        self.subject = subject
        self.text = text
        self.key = key
        self.at = at
    }

    /// Headers and body (RFC 5322), UTF-8 in Base64, lines of at most 76 characters; no line begins with a dot.
    func wire(from: String, name: String) -> String {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let headers = [
            "From: \(Self.word(name)) <\(from)>", "To: <\(to)>", "Subject: \(Self.word(subject))", "Date: \(Self.date(at))", "Message-ID: <\(key)@\(domain)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
        ]
        let body = Array(Base64.encode(Array(text.utf8)))
        let lines = stride(from: 0, to: body.count, by: 76).map { String(body[$0..<min($0 + 76, body.count)]) }
        return (headers + [""] + lines + [".", ""]).joined(separator: "\r\n")
    }

    /// RFC 2047, in words of at most 75 characters, each whole characters.
    static func word(_ text: String) -> String {
        var words: [String] = []
        var part = ""
        for character in text where !character.isNewline {
            if (part + String(character)).utf8.count > 42 {
                words.append(part)
                part = ""
            }
            part.append(character)
        }
        if !part.isEmpty { words.append(part) }
        return words.map { "=?UTF-8?B?\(Base64.encode(Array($0.utf8)))?=" }.joined(separator: "\r\n ")
    }

    /// `Sat, 21 Nov 2026 08:00:00 +0800`.
    static func date(_ at: Moment) -> String {
        let text = at.text
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]) else { return text }
        return "\(parts[2]) \(months[parts[1] - 1]) \(parts[0]) \(text.dropFirst(11).prefix(8)) +0800"
    }
}
