import Testing
import Web

@Suite("Ranges of bytes")
struct ByteSpanTests {
    @Test(
        "what a player asks for",
        arguments: [
            ("bytes=0-", 0..<100), ("bytes=0-0", 0..<1), ("bytes=10-19", 10..<20), ("bytes=90-200", 90..<100), ("bytes=-5", 95..<100), ("bytes=-500", 0..<100),
        ])
    func span(header: String, expected: Range<Int>) { #expect(ByteSpan(header, size: 100)?.span == expected) }

    @Test("beyond the end there is nothing", arguments: ["bytes=100-", "bytes=100-120", "bytes=-0"])
    func beyond(header: String) throws { #expect(try #require(ByteSpan(header, size: 100)).span == nil) }

    @Test(
        "what cannot be read is answered with the whole", arguments: ["bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,5-6", "items=0-1", "bytes=99999999999999999999-"])
    func unreadable(header: String) { #expect(ByteSpan(header, size: 100) == nil) }
}
