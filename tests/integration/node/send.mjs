// Sends one mail with nodemailer, as a program of its own would, and prints what came of it as JSON.
// The mail comes on standard input: {port, from, to, text, messageId, subject}.
import { createTransport } from "nodemailer";
import { text } from "node:stream/consumers";

const { port, ...mail } = JSON.parse(await text(process.stdin));
const transport = createTransport({ host: "127.0.0.1", port, secure: false, ignoreTLS: true, name: "node.test" });
try {
  const { response, accepted, rejected } = await transport.sendMail(mail);
  console.log(JSON.stringify({ response, accepted, rejected }));
} catch (error) {
  console.log(JSON.stringify({ response: error.response ?? String(error), accepted: [], rejected: [], thrown: true }));
}
transport.close();
