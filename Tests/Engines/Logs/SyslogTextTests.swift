import Kernel
import Logs
import Syslog
import Testing

private let noon = Moment(parsing: "2026-11-22 12:00:00") ?? Moment(milliseconds: 0)

@Suite("D17.3.6 syslog 的行")
struct SyslogTextTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let line: String
        var facility = 1
        var severity = 5
        var at: String?
        var host = ""
        var app = ""
        var text = ""
        var data: [String: String] = [:]
    }

    static let examples: [Example] = [
        Example(
            testDescription: "RFC 3164 第 5.4 节例一", line: "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", facility: 4, severity: 2,
            at: "2026-10-11 22:14:15", host: "mymachine", app: "su", text: "'su root' failed for lonvick on /dev/pts/8"),
        Example(
            testDescription: "RFC 5424 第 6.5 节例一", line: "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8", facility: 4,
            severity: 2,
            at: "2003-10-12 06:14:15", host: "mymachine.example.com", app: "su", text: "'su root' failed for lonvick on /dev/pts/8"),
        Example(
            testDescription: "RFC 5424 第 6.5 节例三，结构化数据",
            line:
                "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] An application event",
            facility: 20,
            severity: 5, at: "2003-10-12 06:14:15", host: "mymachine.example.com", app: "evntslog", text: "An application event",
            data: ["iut": "3", "eventSource": "Application", "eventID": "1011"]),
        Example(
            testDescription: "只有结构化数据，值里有转义", line: #"<165>1 - - - - - [a x="\"]\\"][b y="2"]"#, facility: 20, severity: 5, text: "", data: ["x": #""]\"#, "y": "2"]),
        Example(
            testDescription: "带进程号", line: "<86>Nov  2 03:04:05 web01 sshd[812]: Failed password for root from 10.0.0.9 port 22", facility: 10, severity: 6,
            at: "2026-11-02 03:04:05", host: "web01",
            app: "sshd", text: "Failed password for root from 10.0.0.9 port 22"),
        Example(
            testDescription: "十二月的行在一月收到算去年，这里是未来的十二月算去年", line: "<13>Dec 31 23:59:59 a b: c", at: "2026-12-31 23:59:59", host: "a", app: "b", text: "c"),
        Example(testDescription: "带年份", line: "<13>Nov 22 2025 10:00:00 fw01 %ASA-6-302013: Built", at: "2025-11-22 10:00:00", host: "fw01", app: "%ASA-6-302013", text: "Built"),
        Example(testDescription: "旧格式里的新时间", line: "<13>2026-11-22T10:00:00+08:00 fw01 ips: deny", at: "2026-11-22 10:00:00", host: "fw01", app: "ips", text: "deny"),
        Example(testDescription: "没有主机", line: "<13>Nov 22 10:00:00 kernel: oops", at: "2026-11-22 10:00:00", app: "kernel", text: "oops"),
        Example(testDescription: "没有优先级", line: "Nov 22 10:00:00 h t: x", at: "2026-11-22 10:00:00", host: "h", app: "t", text: "x"),
        Example(testDescription: "什么都没有", line: "id=1 src=10.0.0.1", text: "id=1 src=10.0.0.1"),
        Example(testDescription: "优先级过大", line: "<999>x", text: "<999>x"),
        Example(testDescription: "不成日期", line: "<13>Feb 31 10:00:00 h t: x", text: "Feb 31 10:00:00 h t: x"),
        Example(testDescription: "未闭合的结构化数据", line: "<13>1 - h a - - [x y=\"1", text: "1 - h a - - [x y=\"1"),
        Example(testDescription: "空行", line: "", text: ""), Example(testDescription: "只有优先级", line: "<0>", facility: 0, severity: 0, text: ""),
        Example(testDescription: "中文", line: "<132>Nov 22 10:00:00 防火墙 策略: 拒绝访问", facility: 16, severity: 4, at: "2026-11-22 10:00:00", host: "防火墙", app: "策略", text: "拒绝访问"),
    ]

    @Test(arguments: examples)
    func lines(_ example: Example) {
        let read = SyslogText(example.line, received: noon)
        #expect(read.facility == example.facility && read.severity == example.severity)
        #expect(read.at?.text == example.at)
        #expect(read.host == example.host && read.app == example.app && read.text == example.text)
        #expect(read.data == example.data)
    }

    @Test func `GB18030 and control characters become text`() {
        #expect(SyslogText.clean([0xB7, 0xC0, 0xBB, 0xF0, 0xC7, 0xBD]) == "防火墙")
        #expect(SyslogText.clean(Array("a\u{0}b\tc\u{7F}\r\n".utf8)) == "a b c")
        #expect(!SyslogText.clean([0xFF, 0xFE, 0x41]).isEmpty)
    }

    @Test func `whatever arrives, a line comes out of it`() {
        var random = SplitMix64(seed: 20_261_122)
        let parts = [
            "<13>", "<", ">", "1 ", "Nov ", "22 ", "10:00:00 ", "[", "]", "=\"", "\\", "\"", " ", "2026-11-22T10:00:00Z ", "host ", "tag: ", "\u{FEFF}", "火", "\u{0}", ":",
            "99999999999999999999",
        ]
        for _ in 0..<4000 {
            let count = Int(random.next() % 24)
            let line = (0..<count).map { _ in parts[Int(random.next() % UInt64(parts.count))] }.joined()
            let read = SyslogText(SyslogText.clean(Array(line.utf8)), received: noon)
            #expect((0...23).contains(read.facility) && (0...7).contains(read.severity))
        }
        for _ in 0..<1000 {
            let bytes = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let text = SyslogText.clean(bytes)
            #expect(!text.unicodeScalars.contains { $0.value < 32 })
            _ = SyslogText(text, received: noon)
        }
    }
}

@Suite("D17.3.6 syslog 的分帧")
struct SyslogFramingTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let stream: String
        let frames: [String]
    }

    static let examples: [Example] = [
        Example(testDescription: "换行", stream: "<13>a\n<13>b\r\n<13>c", frames: ["<13>a", "<13>b", "<13>c"]),
        Example(testDescription: "NUL", stream: "<13>a\u{0}<13>b\u{0}", frames: ["<13>a", "<13>b"]),
        Example(testDescription: "字节计数", stream: "6 <13>ab7 <13>a\nb", frames: ["<13>ab", "<13>a\nb"]),
        Example(testDescription: "两种混用", stream: "<13>x\n5 <13>y<13>z\n", frames: ["<13>x", "<13>y", "<13>z"]),
        Example(testDescription: "以数字开头的普通行", stream: "2026 started\n22:00 x\n9\n", frames: ["2026 started", "22:00 x", "9"]),
        Example(testDescription: "过大的计数是普通行", stream: "99999999 <13>x\n<13>y\n", frames: ["99999999 <13>x", "<13>y"]),
        Example(testDescription: "空行和空白", stream: "\n\n  \r\n<13>a\n\n", frames: ["<13>a"]),
        Example(testDescription: "计数未满就断开", stream: "100 <13>half", frames: ["<13>half"]),
    ]

    @Test(arguments: examples)
    func frames(_ example: Example) {
        // However the stream is cut into packets.
        for size in [1, 3, 1000] {
            var framing = SyslogFraming(limit: 100)
            let bytes = Array(example.stream.utf8)
            var found: [SyslogFraming.Frame] = []
            for start in stride(from: 0, to: bytes.count, by: size) { found += framing.receive(bytes[start..<min(start + size, bytes.count)]) }
            if let last = framing.finish() { found.append(last) }
            #expect(found.map { String(decoding: $0.bytes, as: UTF8.self) } == example.frames)
        }
    }

    @Test func `what is too long is cut and what follows is read`() {
        var framing = SyslogFraming(limit: 10)
        let frames = framing.receive(Array(("<13>" + String(repeating: "x", count: 50) + "\n<13>a\n30 <13>" + String(repeating: "y", count: 26) + "<13>b\n").utf8))
        #expect(frames.map(\.isCut) == [true, false, true, false])
        #expect(frames.map(\.bytes.count) == [10, 5, 10, 5])
    }

    @Test func `rubbish never breaks a stream`() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<500 {
            var framing = SyslogFraming(limit: 64)
            let bytes = (0..<400).map { _ -> UInt8 in
                let choice = random.next() % 6
                return choice == 0 ? 10 : choice == 1 ? UInt8(48 + random.next() % 10) : choice == 2 ? 32 : choice == 3 ? 60 : UInt8(truncatingIfNeeded: random.next())
            }
            let frames = framing.receive(bytes)
            #expect(frames.allSatisfy { (1...64).contains($0.bytes.count) })
            _ = framing.finish()
            // The next message is understood whatever stood before it, once a line has ended.
            _ = framing.receive([10])
            var last = framing.receive(Array("\n<13>well\n".utf8))
            if last.last?.bytes != Array("<13>well".utf8) { last = framing.receive(Array("<13>well\n".utf8)) }
            #expect(last.last?.bytes == Array("<13>well".utf8))
        }
    }
}
