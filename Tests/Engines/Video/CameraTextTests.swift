import Testing
import Video

@Suite("D10.1.2 摄像机编码与取流地址")
struct CameraTextTests {
    struct Code: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        var fault: CameraCodeFault?
    }

    static let codes: [Code] = [
        Code(testDescription: "网络摄像机", text: "34020000001320000001"), Code(testDescription: "硬盘录像机", text: "34020000001110000001"),
        Code(testDescription: "企业门禁卡口", text: "13010200051210000001"), Code(testDescription: "十九位", text: "3402000000132000001", fault: .length),
        Code(testDescription: "含字母", text: "3402000000132000000A", fault: .length), Code(testDescription: "全角数字", text: "３4020000001320000001", fault: .length),
        Code(testDescription: "没有这个省", text: "99020000001320000001", fault: .region), Code(testDescription: "服务器不是摄像机", text: "34020000002000000001", fault: .type),
        Code(testDescription: "网络标识", text: "34020000001328000001", fault: .network),
    ]

    @Test(arguments: codes)
    func code(_ example: Code) {
        if let fault = example.fault {
            #expect(throws: fault) { try CameraCode(example.text) }
        } else {
            #expect(throws: Never.self) { try CameraCode(example.text) }
        }
    }

    struct Address: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        var shown: String?
        var fault: CameraAddressFault?
    }

    static let addresses: [Address] = [
        Address(testDescription: "海康", text: "rtsp://10.1.2.3/Streaming/Channels/102", shown: "rtsp://10.1.2.3:554/Streaming/Channels/102"),
        Address(testDescription: "大华", text: "rtsp://10.1.2.3:8554/cam/realmonitor?channel=1&subtype=1", shown: "rtsp://10.1.2.3:8554/cam/realmonitor?channel=1&subtype=1"),
        Address(testDescription: "TLS", text: "RTSPS://camera.example/live", shown: "rtsps://camera.example:322/live"),
        Address(testDescription: "IPv6", text: "rtsp://[fd00::1]:554/1", shown: "rtsp://[fd00::1]:554/1"),
        Address(testDescription: "没有路径", text: "rtsp://10.1.2.3", shown: "rtsp://10.1.2.3:554/"),
        Address(testDescription: "网页地址", text: "http://10.1.2.3/", fault: .scheme), Address(testDescription: "本机文件", text: "file:///etc/passwd", fault: .scheme),
        Address(testDescription: "没有方案", text: "10.1.2.3/live", fault: .scheme), Address(testDescription: "带密码", text: "rtsp://admin:12345@10.1.2.3/live", fault: .account),
        Address(testDescription: "端口过大", text: "rtsp://10.1.2.3:70000/", fault: .port), Address(testDescription: "端口不是数字", text: "rtsp://10.1.2.3:55a/", fault: .port),
        Address(testDescription: "引号", text: "rtsp://10.1.2.3/a'b", fault: .characters),
        Address(testDescription: "换行", text: "rtsp://10.1.2.3/a\nfile '/etc/passwd'", fault: .characters),
        Address(testDescription: "空格", text: "rtsp://10.1.2.3/a b", fault: .characters), Address(testDescription: "中文", text: "rtsp://摄像机/", fault: .characters),
        Address(testDescription: "没有主机", text: "rtsp:///live", fault: .host), Address(testDescription: "主机像选项", text: "rtsp://-i/live", fault: .host),
    ]

    @Test(arguments: addresses)
    func address(_ example: Address) throws {
        if let fault = example.fault {
            #expect(throws: fault) { try CameraAddress(example.text) }
        } else {
            #expect(try CameraAddress(example.text).text == example.shown)
        }
    }

    /// The account stands in what the tool reads, and nowhere among the arguments that others see.
    @Test func theAccountIsNoArgument() throws {
        let address = try CameraAddress("rtsp://camera.example/live?x=1")
        let source = VideoSource(id: 1, name: "1号门", kind: .camera(address, host: "10.1.2.3", user: "admin", password: "p@ss 'word\n"))
        let command = VideoCommand.stream(source, transcodes: false)
        #expect(!command.arguments.contains { $0.contains("admin") || $0.contains("10.1.2.3") || $0.contains("ss") && $0.contains("p%40") })
        #expect(command.input.contains("file 'rtsp://admin:p%40ss%20%27word%0A@10.1.2.3:554/live?x=1'\n"))
        #expect(command.arguments.contains("copy") && !command.arguments.contains("libx264"))
        #expect(VideoCommand.stream(source, transcodes: true).arguments.contains("libx264"))
    }

    @Test func wordsOfADrawnPictureAreNoFilters() {
        let source = VideoSource(id: 1, name: "x", kind: .pattern(title: "1号门':x=0,movie=/etc/passwd[a];", number: 2))
        let filters = VideoCommand.stream(source, transcodes: false).arguments.joined(separator: " ")
        #expect(!filters.contains("movie=") && !filters.contains("passwd["))
    }

    struct Words: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var status: Int32 = 1
        let reason: VideoReason
    }

    static let words: [Words] = [
        Words(testDescription: "[tcp @ 0x1] Connection to tcp://10.1.2.3:554 failed: Connection refused", reason: .unreachable),
        Words(testDescription: "[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized", reason: .refusedLogin),
        Words(testDescription: "[rtsp @ 0x1] method DESCRIBE failed: 404 Not Found", reason: .notFound),
        Words(testDescription: "[rtsp @ 0x1] method SETUP failed: 461 Unsupported transport", reason: .refused),
        Words(testDescription: "pipe:0: Invalid data found when processing input", reason: .garbage),
        Words(testDescription: "Stream map '0:v:0' matches no streams.", reason: .noVideo),
        Words(testDescription: "[mp4 @ 0x1] Could not find tag for codec vp8 in stream #0, codec not currently supported in container", reason: .unsupported),
        Words(testDescription: "nice: ‘ffmpeg’: No such file or directory", status: 127, reason: .noTool), Words(testDescription: "", status: 0, reason: .ended),
    ]

    @Test(arguments: words)
    func lastWords(_ example: Words) { #expect(VideoReason(status: example.status, words: example.testDescription) == example.reason) }

    @Test func everyReasonHasASentence() { #expect(Set(VideoReason.allCases.map(\.message)).count == VideoReason.allCases.count) }
}
