#!/bin/sh
# Speaks what persons and answering machines say, in many voices, into a folder.
set -e
folder="$1"
command -v espeak-ng >/dev/null || { echo 'espeak-ng is not installed: no spoken phrases'; exit 1; }
mkdir -p "$folder"
n=0
speak() {
  n=$((n + 1))
  espeak-ng -v "$2" -s "$3" -p "$4" -w "$folder/$1-$n.wav" "$5"
}
while IFS='|' read -r voice text; do
  speak person "$voice" 140 35 "$text"
  speak person "$voice+f3" 175 60 "$text"
done <<'PERSONS'
en-us|Hello?
en-gb|Yes?
en-us|Hi, this is Sam.
en-gb|Good morning.
en-us|Smith speaking.
de|Hallo?
de|Ja bitte?
de|Meier, guten Tag.
fr|Allô?
fr|Oui, bonjour.
es|Dígame.
es|¿Hola?
it|Pronto.
nl|Met de Vries.
PERSONS
while IFS='|' read -r voice text; do
  speak machine "$voice" 130 35 "$text"
  speak machine "$voice+f3" 180 60 "$text"
done <<'MACHINES'
en-us|Hello, you have reached five five five, zero one hundred. Please leave a message after the tone.
en-us|Hi, this is Sam. I can't come to the phone right now, but leave your name and number and I will call you back.
en-gb|The person you are calling is not available. Please leave your message after the beep.
en-gb|Welcome to the voicemail of Example Limited. Our office is closed. Our opening hours are nine to five, Monday to Friday. Please call again, or leave a message.
en-us|Your call has been forwarded to an automatic voice message system. At the tone, please record your message. When you have finished recording, you may hang up.
de|Guten Tag. Sie sind verbunden mit dem Anschluss von Familie Meier. Leider sind wir nicht zu Hause. Bitte sprechen Sie nach dem Ton.
de|Der gewünschte Gesprächspartner ist vorübergehend nicht erreichbar.
fr|Bonjour, vous êtes bien sur la messagerie de Paul. Laissez-moi un message après le bip sonore.
es|Ha llamado al buzón de voz. Por favor, deje su mensaje después de la señal.
it|Risponde la segreteria telefonica. Lasciate un messaggio dopo il segnale acustico.
MACHINES
