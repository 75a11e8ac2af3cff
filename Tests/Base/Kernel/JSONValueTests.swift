import Kernel
import Testing

@Suite("JSON")
struct JSONValueTests {
    @Test(arguments: [
        (#"{"a":1,"b":[true,null,-2.5e3],"c":"冀A\u0031\n"}"#, #"{"a":1,"b":[true,null,-2500.0],"c":"冀A1\n"}"#),
        (" [ ] ", "[]"), (#""\ud83d\ude97""#, #""🚗""#), ("9223372036854775807", "9223372036854775807"),
    ])
    func reads(_ text: String, _ written: String) throws { #expect(try JSONValue(parsing: text).text == written) }

    @Test(arguments: ["", "{", "[1,]", "{\"a\" 1}", "01", "1.", "nul", "\"\u{1}\"", "\"\\ud83d\"", "1 2", "{\"a\":1,}", "-", "1e", String(repeating: "[", count: 100)])
    func refuses(_ text: String) { #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) } }

    @Test func invalidUTF8IsRefused() { #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [34, 0xFF, 34]) } }

    @Test func lastOfRepeatedNamesCounts() throws { #expect(try JSONValue(parsing: #"{"a":1,"a":2}"#)["a"]?.int == 2) }

    @Test func removingANameRemovesEveryCopy() {
        var object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
        object["a"] = nil
        #expect(object == JSONObject([("b", 2)]))
    }

    @Test func escapesWhatHTMLWouldRead() { #expect(JSONValue.string("</script>").text == #""\u003c/script\u003e""#) }
}
