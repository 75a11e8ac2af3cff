import Foundation

/// How the tool is called: a list of arguments, never a shell, with nothing secret among them; what is secret is read from the standard input.
///
/// The process is bound in memory, may write no file, gives way to the server and is killed by the kernel when the server's thread that started it is gone, whatever killed that (decision 0121).
package struct VideoCommand: Sendable, Equatable {
    package var arguments: [String]
    /// Given on the standard input; holds the camera's account.
    package var input: String

    package static let program = "/usr/bin/setpriv"
    static let memory = 1_610_612_736
    /// A file in which the tool finds Chinese characters; nil where the system has none.
    package static let font = [
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    ].first { FileManager.default.fileExists(atPath: $0) }

    private static func bounded(_ tool: [String], mayWrite: Bool = false) -> [String] {
        [
            "--pdeathsig", "KILL", "--no-new-privs", "--", "prlimit", "--as=\(memory)", "--core=0", "--nofile=64", "--fsize=\(mayWrite ? 16 << 20 : 0)", "nice", "-n", "5",
            "ffmpeg",
            "-nostdin", "-hide_banner",
            "-loglevel", "error",
        ] + tool
    }

    /// A stream of fragments of at most 300 ms on the standard output.
    ///
    /// - Parameter transcodes: makes H.264 of whatever comes, at most 1280 wide, on one thread.
    package static func stream(_ source: VideoSource, transcodes: Bool) -> VideoCommand {
        let outputs = ["-movflags", "+empty_moov+default_base_moof+frag_keyframe", "-frag_duration", "300000", "-flush_packets", "1", "-f", "mp4", "pipe:1"]
        switch source.kind {
        case .camera(let address, let host, let user, let password):
            let list = """
                ffconcat version 1.0
                file '\(address.secret(host: host, user: user, password: password))'
                option rtsp_transport tcp
                option timeout 8000000
                option analyzeduration 1000000
                option probesize 1000000
                option fpsprobesize 0

                """
            let opened = [
                "-protocol_whitelist", "pipe,rtsp,rtsps,rtp,tcp,tls,udp,crypto", "-probesize", "1000000", "-analyzeduration", "1000000", "-fpsprobesize", "0", "-f", "concat",
                "-safe", "0", "-i", "pipe:0",
            ]
            let coding =
                transcodes
                ? [
                    "-vf", "scale='min(1280,iw)':-2", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "50", "-crf", "26",
                    "-threads", "1",
                ] : ["-c:v", "copy"]
            return VideoCommand(arguments: bounded((transcodes ? ["-threads", "1"] : []) + opened + ["-map", "0:v:0", "-an", "-sn", "-dn"] + coding + outputs), input: list)
        case .pattern(let title, let number): return pattern(title, number, outputs)
        }
    }

    private static let colours = ["0x1d3a4f", "0x2f4a3a", "0x4a3b2a", "0x3b2f4a", "0x2a4446", "0x46302f"]

    /// A quiet moving picture of 640 × 360 at 10 a second.
    private static func pattern(_ title: String, _ number: Int, _ outputs: [String]) -> VideoCommand {
        var filters = [
            "drawgrid=w=80:h=60:t=1:c=white@0.08", "drawbox=x='mod(t*\(24 + number * 7)\\,700)-60':y=210:w=120:h=56:color=white@0.35:t=fill",
            "drawbox=x='600-mod(t*\(17 + number * 5)\\,700)':y=280:w=90:h=42:color=orange@0.35:t=fill",
        ]
        if let font {
            // Letters, digits and Chinese characters only: nothing that a filter would read as its own.
            let words = title.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "（" || $0 == "）" || $0 == " " }
            filters += [
                "drawtext=fontfile=\(font):text='\(words)':x=20:y=18:fontsize=24:fontcolor=white:box=1:boxcolor=black@0.45:boxborderw=8",
                "drawtext=fontfile=\(font):text='%{localtime\\:%Y-%m-%d %T}':x=20:y=62:fontsize=22:fontcolor=white:box=1:boxcolor=black@0.45:boxborderw=8",
            ]
        }
        let made = ["-re", "-f", "lavfi", "-i", "color=c=\(colours[abs(number) % colours.count]):s=640x360:r=10", "-vf", filters.joined(separator: ",")]
        let coding = ["-an", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "20", "-crf", "30", "-threads", "1"]
        return VideoCommand(arguments: bounded(["-filter_threads", "1"] + made + coding + outputs), input: "")
    }

    /// One picture of a file with a start and a fragment, as JPEG on the standard output, with words on it where they are given in a file.
    package static func still(of file: String, width: Int, words: String?) -> VideoCommand {
        var filters = ["scale='min(\(width),iw)':-2"]
        if let words, let font {
            filters.append(
                "drawtext=fontfile=\(font):textfile=\(words):expansion=none:x=16:y=h-th-18:fontsize=h/28:fontcolor=white:line_spacing=4:box=1:boxcolor=black@0.5:boxborderw=8")
        }
        return VideoCommand(
            arguments: bounded([
                "-threads", "1", "-protocol_whitelist", "file,pipe", "-i", file, "-map", "0:v:0", "-frames:v", "1", "-vf", filters.joined(separator: ","), "-q:v", "3", "-f",
                "mjpeg", "pipe:1",
            ]),
            input: "")
    }
}
