/// Where one message ends and the next begins in a stream (RFC 6587): `LENGTH SP MESSAGE`, or messages ended by LF or NUL. A stream may mix both; rubbish costs a line, never the stream.
///
/// | bytes | meaning |
/// |---|---|
/// | `1-9` digits, blank, `<` | octet counting: so many bytes follow the blank |
/// | anything else | a message up to LF or NUL |
///
/// Nothing beyond `limit` bytes of a message is kept.
package struct SyslogFraming: Sendable {
    package struct Frame: Sendable, Equatable {
        package var bytes: [UInt8]
        /// The message was longer than what is kept.
        package var isCut: Bool
    }

    private enum State {
        case between
        case length
        case lengthEnded
        case counted(left: Int)
        case line
    }

    private let limit: Int
    private var state = State.between
    private var kept: [UInt8] = []
    private var isCut = false
    /// Digits and their blank, until it is clear what they are.
    private var head: [UInt8] = []

    package init(limit: Int) { self.limit = limit }

    /// - Returns: the messages that ended in these bytes.
    package mutating func receive(_ bytes: some Sequence<UInt8>) -> [Frame] {
        var frames: [Frame] = []
        for byte in bytes { if let frame = receive(byte) { frames.append(frame) } }
        return frames
    }

    /// What was begun when the stream ended.
    package mutating func finish() -> Frame? {
        kept = head + kept
        head = []
        return end()
    }

    private mutating func receive(_ byte: UInt8) -> Frame? {
        switch state {
        case .between:
            switch byte {
            case 10, 13, 0, 32: return nil
            case 49...57:
                head = [byte]
                state = .length
            default: return begin(byte)
            }
        case .length:
            if (48...57).contains(byte), head.count < 7 {
                head.append(byte)
            } else if byte == 32 {
                head.append(byte)
                state = .lengthEnded
            } else {
                return becomeLine(byte)
            }
        case .lengthEnded:
            guard byte == UInt8(ascii: "<"), let length = Int(String(decoding: head.dropLast(), as: UTF8.self)) else { return becomeLine(byte) }
            head = []
            keep(byte)
            if length == 1 { return end() }
            state = .counted(left: length - 1)
        case .counted(let left):
            keep(byte)
            if left == 1 { return end() }
            state = .counted(left: left - 1)
        case .line:
            if byte == 10 || byte == 0 { return end() }
            keep(byte)
        }
        return nil
    }

    private mutating func begin(_ byte: UInt8) -> Frame? {
        state = .line
        keep(byte)
        return nil
    }

    private mutating func becomeLine(_ byte: UInt8) -> Frame? {
        state = .line
        for one in head { keep(one) }
        head = []
        if byte == 10 || byte == 0 { return end() }
        keep(byte)
        return nil
    }

    private mutating func keep(_ byte: UInt8) {
        if kept.count < limit { kept.append(byte) } else { isCut = true }
    }

    private mutating func end() -> Frame? {
        state = .between
        while kept.last == 13 || kept.last == 10 { kept.removeLast() }
        defer {
            kept = []
            isCut = false
        }
        return kept.isEmpty ? nil : Frame(bytes: kept, isCut: isCut)
    }
}
