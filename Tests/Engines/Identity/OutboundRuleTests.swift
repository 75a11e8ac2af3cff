import Identity
import Testing

@Suite("D17.1.6 addresses that may be called")
struct OutboundRuleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let address: String
        var allowed: [String] = []
        var isPlain = false
        let isAdmitted: Bool
        var testDescription: String { "\(address) with \(allowed)\(isPlain ? ", plain" : ""): \(isAdmitted)" }
    }

    @Test(arguments: [
        Example(address: "93.184.216.34", isAdmitted: true), Example(address: "93.184.216.34", isPlain: true, isAdmitted: false),
        Example(address: "2606:4700::1111", isAdmitted: true),
        Example(address: "127.0.0.1", isAdmitted: false), Example(address: "127.8.9.1", isAdmitted: false), Example(address: "10.1.2.3", isAdmitted: false),
        Example(address: "172.31.0.1", isAdmitted: false), Example(address: "172.32.0.1", isAdmitted: true), Example(address: "192.168.1.1", isAdmitted: false),
        Example(address: "100.64.0.1", isAdmitted: false), Example(address: "::1", isAdmitted: false), Example(address: "::ffff:127.0.0.1", isAdmitted: false),
        Example(address: "::ffff:10.0.0.1", isAdmitted: false), Example(address: "fd00::1", isAdmitted: false), Example(address: "64:ff9b::a00:1", isAdmitted: false),
        Example(address: "10.1.2.3", allowed: ["10.1.0.0/16"], isAdmitted: true), Example(address: "10.1.2.3", allowed: ["10.1.0.0/16"], isPlain: true, isAdmitted: true),
        Example(address: "10.2.2.3", allowed: ["10.1.0.0/16"], isAdmitted: false), Example(address: "127.0.0.1", allowed: ["127.0.0.1"], isPlain: true, isAdmitted: true),
        Example(address: "169.254.169.254", allowed: ["0.0.0.0/0"], isAdmitted: false), Example(address: "0.0.0.0", allowed: ["0.0.0.0/0"], isAdmitted: false),
        Example(address: "224.0.0.1", allowed: ["0.0.0.0/0"], isAdmitted: false), Example(address: "fe80::1", allowed: ["::/0"], isAdmitted: false),
        Example(address: "::", allowed: ["::/0"], isAdmitted: false), Example(address: "example.org", allowed: ["0.0.0.0/0"], isAdmitted: false),
        Example(address: "10.0.0.0/8", allowed: ["10.0.0.0/8"], isAdmitted: false), Example(address: "", isAdmitted: false), Example(address: "2130706433", isAdmitted: false),
    ])
    func addresses(_ example: Example) {
        let rule = OutboundRule(allowed: example.allowed.compactMap { NetworkRange($0) })
        #expect(rule.admits(example.address, isPlain: example.isPlain) == example.isAdmitted)
    }
}
